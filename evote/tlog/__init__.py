"""The log's formats: Merkle trees, signed notes, checkpoints, tiles and receipts.

Whoever holds a receipt and the log's public key needs nothing else from here on, neither this
installation nor the network. Source: the C2SP specifications signed-note, tlog-checkpoint,
tlog-tiles and tlog-proof; docs/log.md says what we took from them.
"""
