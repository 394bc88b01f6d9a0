"""`evote registrar`: make the voters' credentials offline, hand them out, replace a lost one.

The registrar works away from the server (PROTOCOL 2.6). The folder that `make` writes is the
registrar's secret; only `public.json` in it ever leaves for the server.
"""

import argparse
from pathlib import Path

from evote.cli.errors import CommandFailed
from evote.cli.letters import LANGUAGES, Letter, Letterhead, make_letters
from evote.cli.sources import election_address, is_address, write_new_file
from evote.cli.voters import (
    PUBLIC_FILE,
    VOTERS_FILE,
    Voter,
    encode_public,
    new_folder,
    open_folder,
    read_voter_ids,
    replace_voter,
    write_folder,
)
from evote.credential import derive_public_credential, generate_credential

_DESCRIPTION = """\
For the registrar, who makes the voters' credentials on a computer of their own,
away from the server, and gives each voter one. The server only gets the public
list, from which nobody can find a credential. No command here uses the network.
"""

_MAKE = """\
Make one credential for each voter. --voters is a CSV file whose first line is
"voter" or "voter,weight"; each further line has a pseudonym of your own, such as
a number on an envelope, never a name that the server knows. The folder gets:

  voters.csv    secret: pseudonym, credential, weight, link. For a mail merge.
  public.json   the public list in the order of the group, to be uploaded on the
                election's page. Its order says nothing about the voters.

The folder is your secret until voting closes. Destroy it afterwards.
"""
_MAKE_EXAMPLE = """\
example:
  evote registrar make --voters pseudonyms.csv \\
      --election https://vote.example.org/elections/hfd19JUwUteUwr/ registrar
"""

_LETTERS = """\
Write letters to print, one page for each voter, with the credential as a QR code
that opens the booth and in letters to type. It needs the package reportlab:
pip install "pnyx[letters]". Letters in other alphabets than Latin and Chinese
need a font of yours: --font FILE.ttf.
"""
_LETTERS_EXAMPLE = """\
example:
  evote registrar letters registrar --title "Budget of the library" \\
      --organisation "City of Example" --out letters.pdf
"""

_REPLACE = """\
Give a voter who lost the credential a new one, before the election opens. The
old one leaves the public list for good. On the election's page the server does the
same, given both public parts; the replacement is an entry of the public log.
"""
_REPLACE_EXAMPLE = """\
example:
  evote registrar replace registrar --voter 0042 --out replacement-0042.json
"""


def add_arguments(
    subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> None:
    """Register the commands."""
    parser = subparsers.add_parser(
        "registrar", help="hand out the voters' credentials, offline", description=_DESCRIPTION
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    shape = argparse.RawDescriptionHelpFormatter
    make = commands.add_parser(
        "make",
        help="make one credential for each voter",
        description=_MAKE,
        epilog=_MAKE_EXAMPLE,
        formatter_class=shape,
    )
    make.add_argument("folder", metavar="FOLDER", help="a new folder for the results")
    make.add_argument("--voters", required=True, metavar="FILE", help="the list of pseudonyms")
    make.add_argument(
        "--election", required=True, metavar="ADDRESS", help="the address of the election's page"
    )
    make.set_defaults(handler=_make)
    letters = commands.add_parser(
        "letters",
        help="write letters to print",
        description=_LETTERS,
        epilog=_LETTERS_EXAMPLE,
        formatter_class=shape,
    )
    letters.add_argument("folder", metavar="FOLDER", help="the folder that make wrote")
    letters.add_argument("--title", required=True, help="what is voted on")
    letters.add_argument("--organisation", required=True, help="who asks")
    letters.add_argument("--language", choices=LANGUAGES, default="en", help="default: en")
    letters.add_argument("--font", metavar="FILE", help="a TrueType font to embed")
    letters.add_argument("--out", required=True, metavar="FILE", help="the PDF to write")
    letters.set_defaults(handler=_letters)
    replace = commands.add_parser(
        "replace",
        help="replace a lost credential",
        description=_REPLACE,
        epilog=_REPLACE_EXAMPLE,
        formatter_class=shape,
    )
    replace.add_argument("folder", metavar="FOLDER", help="the folder that make wrote")
    replace.add_argument("--voter", required=True, metavar="PSEUDONYM", help="who lost it")
    replace.add_argument(
        "--out", required=True, metavar="FILE", help="where to write both public parts"
    )
    replace.set_defaults(handler=_replace)


def _make(arguments: argparse.Namespace) -> int:
    address = election_address(arguments.election) if is_address(arguments.election) else None
    if address is None:
        msg = "--election: give the address of the election's page, https://…/elections/<uuid>/"
        raise CommandFailed(msg)
    ids = read_voter_ids(arguments.voters)
    voters = [
        Voter(pseudonym=pseudonym, credential=generate_credential(), weight=weight)
        for pseudonym, weight in ids.items()
    ]
    folder = new_folder(arguments.folder)
    write_folder(folder, address=address, voters=voters)
    print(f"{len(voters)} credentials. Secret: {folder / VOTERS_FILE}.")
    print(f"For the election's page: {folder / PUBLIC_FILE}.")
    return 0


def _letters(arguments: argparse.Namespace) -> int:
    opened = open_folder(arguments.folder)
    head = Letterhead(
        title=arguments.title,
        organisation=arguments.organisation,
        page=f"{opened.address.site}/elections/{opened.address.uuid}/",
        language=arguments.language,
    )
    letters = [
        Letter(
            pseudonym=voter.pseudonym,
            credential=voter.credential,
            link=voter.link(opened.address),
        )
        for voter in opened.voters
    ]
    pdf = make_letters(
        head=head, letters=letters, font=Path(arguments.font) if arguments.font else None
    )
    write_new_file(arguments.out, pdf, mode=0o600)
    print(f"{len(letters)} letters in {arguments.out}. Whoever has a letter can vote with it.")
    return 0


def _replace(arguments: argparse.Namespace) -> int:
    opened = open_folder(arguments.folder)
    old = opened.voter(arguments.voter)
    new = Voter(pseudonym=old.pseudonym, credential=generate_credential(), weight=old.weight)
    uuid = opened.address.uuid
    old_public, new_public = (
        derive_public_credential(uuid=uuid, credential=voter.credential) for voter in (old, new)
    )
    # Before the folder changes: where this file cannot be written, nothing has happened.
    write_new_file(
        arguments.out,
        encode_public({"election": uuid, "lost": old_public, "new": new_public}),
        mode=0o644,
    )
    replace_voter(opened, new)
    print(f"{old.pseudonym} has a new credential in {opened.folder / VOTERS_FILE}.")
    print("On the election's page, replace the public parts; both are in the file too:")
    print(f"  lost: {old_public}\n  new:  {new_public}")
    return 0
