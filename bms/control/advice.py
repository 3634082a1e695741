"""What the float lane may say to the integer lane: integers with an age, taken only while fresh, and only to tighten.

Limits in dA lower the envelope's; `spread_mV` widens every layer bound; `soc_permille` with `sigma_permille` narrows the SoC
window inside the ledger's hard interval and never outside it. Stale advice is no advice, but for what was found to be apart in
the layers themselves (`lasting_mV` of the spread): that is so until somebody knows better.
"""

from micropython import const

EXPIRY_ms = const(1000)
NO_LIMIT_dA = const(16383)
_AGE_MAX_ms = const(60000)
_UNSURE_permille = const(1000)


class Advice:
    """Latest word of the estimators. `soc_permille` is -1 while there is none, and so is `soh_permille`, which decides
    nothing and does not expire: health outlives a failure of the filter."""

    def __init__(self) -> None:
        self.age_ms = _AGE_MAX_ms
        self.charge_limit_dA = NO_LIMIT_dA
        self.discharge_limit_dA = NO_LIMIT_dA
        self.spread_mV = 0
        self.lasting_mV = 0
        self.soc_permille = -1
        self.sigma_permille = _UNSURE_permille
        self.soh_permille = -1
        self.soh_sigma_permille = _UNSURE_permille

    def step(self, dt_ms: int) -> bool:
        """Ages by a round of ticks. Returns True while the advice may be used."""
        age = self.age_ms + dt_ms
        if age <= EXPIRY_ms:
            self.age_ms = age
            return True
        if self.soc_permille >= 0 or self.spread_mV != self.lasting_mV:
            self.withdraw()
        return False

    def give(self, soc_permille: int, sigma_permille: int) -> None:
        """A new word on SoC."""
        self.soc_permille = soc_permille
        self.sigma_permille = sigma_permille
        self.age_ms = 0

    def widen(self, spread_mV: int, lasting_mV: int = 0) -> None:
        """Every layer may stand farther from its group's mean by this, of which a part does not pass; less than nothing is
        nothing."""
        self.lasting_mV = lasting_mV if lasting_mV > 0 else 0
        self.spread_mV = spread_mV if spread_mV > self.lasting_mV else self.lasting_mV

    def withdraw(self) -> None:
        """The estimator failed, or is silent: what it said is gone at once."""
        self.age_ms = _AGE_MAX_ms
        self.spread_mV = self.lasting_mV
        self.soc_permille = -1
        self.sigma_permille = _UNSURE_permille
