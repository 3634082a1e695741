"""The float lane: estimators in SI units, whose advice may only tighten what the integer lane allows."""
