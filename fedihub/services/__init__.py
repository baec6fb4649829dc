"""What members, projects and operators can do: a module per noun, plain async functions, one unit of work each.

Every way in (the client API, the hub API, the pages, the command line) calls these functions; so a rule that stands
here holds everywhere.
"""
