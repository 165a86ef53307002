"""The law compiler: traces the formulas of an OpenFisca system into one static graph and runs it on arrays."""
