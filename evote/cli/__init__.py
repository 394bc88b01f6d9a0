"""The command `evote`: the only part of the package that touches files, network or clock."""
