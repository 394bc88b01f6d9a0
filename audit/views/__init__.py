"""The bulletin board, the log's public files, and the page that checks receipts."""
