"""The settings as a file (design.md §8): connections, mappings and rules as YAML.

`document` reads YAML with the line of every value, `schema` makes `specs` of it and says what is
wrong where, `applying` makes the database say what the specs say, `export` writes the file.
"""
