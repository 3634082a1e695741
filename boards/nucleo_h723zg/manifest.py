"""What is frozen into a MicroPython build for this board: give it as FROZEN_MANIFEST (docs/reference/manifest.rst).

The port's own manifest comes first; `main` starts the firmware after reset. A build needs bms_config.py with BOARD and PACK
beside it, or on the board's file system, which is looked at first.
"""

include("$(PORT_DIR)/boards/manifest.py")  # noqa: F821  a name of the manifest's own language
package("bms", base_path="../..")  # noqa: F821
package("boards", ("__init__.py", "main.py", "memory.py", "logs.py", "commission.py"), base_path="../..")  # noqa: F821
package("boards/parts", base_path="../..")  # noqa: F821
package("boards/nucleo_h723zg", base_path="../..")  # noqa: F821
