"""The tests, as one package: each module has one name, whoever imports it."""
