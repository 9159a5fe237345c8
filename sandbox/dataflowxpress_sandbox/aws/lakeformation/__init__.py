"""Lake Formation of the sandbox: its permissions, and their enforcement on the Data Catalog.

Like a new account of AWS, the sandbox grants everything in the catalog to all principals that IAM
allows (`IAM_ALLOWED_PRINCIPALS`). PutDataLakeSettings without default permissions makes Lake
Formation govern all databases and tables that are created later.
"""

from .service import install

__all__ = ["install"]
