"""The data of the shell pages, assembled from the selectors of the lower steps into frozen dataclasses."""
