"""The REST interface of elections: reading them, casting ballots, handing in decryptions."""
