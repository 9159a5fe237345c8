"""awsglue: what an ordinary Glue script imports, over plain Spark data frames.

On the path of the sandbox's jobs only. A dynamic frame here is a data frame: its columns have one
type each, so choices never arise and `resolveChoice` only casts. CSV is read as on AWS: by position
with the catalog's types from a table, as strings from a path. Parts of AWS' library that are not
here raise `AttributeError` or `ImportError` in the script that wants them.
"""
