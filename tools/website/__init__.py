"""Website: what `make docs` adds to the pages in docs/ when MkDocs builds the site."""
