"""French social law as OpenFisca-France states it: the only place that imports OpenFisca or the law compiler.

Importing this package is cheap: OpenFisca, which takes seconds to load, is imported by the functions that need it.
"""
