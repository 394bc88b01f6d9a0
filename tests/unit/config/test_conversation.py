from config.demo.conversation import ANSWERS, CHOICES, OPPOSITE, read_conversation
from config.demo.voters import BETWEEN_MAILS, read_credentials

CONVERSATION = read_conversation()
UUID = "4HpFcKmTqUqzVj"


def test_the_conversation_has_all_its_participants_and_statements():
    assert len(CONVERSATION.stances) == 204
    assert len(CONVERSATION.statements) == 50


def test_the_ten_most_answered_statements_are_those_and_in_this_order():
    numbers = [statement.number for statement in CONVERSATION.most_answered[:10]]

    # 4 and 17 were answered equally often: the earlier one is in.
    assert numbers == [0, 10, 2, 7, 11, 1, 3, 9, 14, 4]


def test_the_counts_are_those_of_the_file():
    assert CONVERSATION.counts[0] == [3, 161, 9]
    assert CONVERSATION.counts[4] == [60, 86, 20]


def test_every_stance_has_its_answers_and_they_differ():
    given = {stance for stances in CONVERSATION.stances.values() for stance in stances.values()}

    assert given == set(CHOICES) == set(OPPOSITE)
    assert len({tuple(bits) for bits in CHOICES.values()}) == 4
    assert all(len(bits) == len(ANSWERS) and sum(bits) <= 1 for bits in CHOICES.values())


def test_who_changes_their_mind_first_says_something_else():
    assert all(OPPOSITE[stance] != stance for stance in OPPOSITE)


def test_every_title_fits_a_proposal():
    titles = [CONVERSATION.title(statement) for statement in CONVERSATION.most_answered[:15]]

    assert all(8 <= len(title) <= 80 for title in titles)
    assert len(set(titles)) == 15


def test_the_debate_is_made_of_real_statements_each_said_once():
    said = []

    def collect(thread):
        for number, alignment, answers in thread:
            assert alignment in {"FOR", "AGAINST", "NEUTRAL"}
            said.append(number)
            collect(answers)

    for thread in CONVERSATION.plan["debates"].values():
        collect(thread)
    assert len(said) == len(set(said))
    assert set(said) <= set(CONVERSATION.statements)
    assert CONVERSATION.plan["reported"]["statement"] in said


def mail(to, credential, uuid=UUID):
    link = f"http://127.0.0.1:8000/elections/{uuid}/booth/#credential={credential}"
    return f"To: {to}\nSubject: Vote\nContent-Type: text/plain\n\nVote here:\n{link}\n"


def test_a_voter_reads_the_newest_credential_of_the_election_in_the_mails(tmp_path):
    mails = [
        mail("a@example.org", "AAAAA-AAAAAA-AAAAA-AAAAAA"),
        mail("b@example.org", "BBBBB-BBBBBB-BBBBB-BBBBBB"),
        mail("a@example.org", "CCCCC-CCCCCC-CCCCC-CCCCCC"),
        mail("a@example.org", "DDDDD-DDDDDD-DDDDD-DDDDDD", uuid="another1234567"),
        "To: a@example.org\nSubject: Something else\n\nHello.\n",
    ]
    (tmp_path / "1.log").write_text(BETWEEN_MAILS.join(mails) + BETWEEN_MAILS)

    assert read_credentials(tmp_path, uuid=UUID) == {
        "a@example.org": "CCCCC-CCCCCC-CCCCC-CCCCCC",
        "b@example.org": "BBBBB-BBBBBB-BBBBB-BBBBBB",
    }
