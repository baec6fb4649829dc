"""The command line: what an operator does. A file for each noun, with the same name as in services and storage.

A command reads its options, calls a service or a query, and prints. `failures` says how errors end, `output` how
results are printed, `running` how a command gets at the database or the hub. Heavy modules are imported inside the
commands that need them: `fedihub version` must not wait for a web server.
"""
