"""No page asks the database more questions because there is more to show."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from tests.factories.deliberation import (
    make_comment,
    make_full_consultation,
    make_proposal,
    make_removal,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def consultation(now):
    return make_full_consultation(now=now)


@pytest.fixture
def proposal(consultation, now):
    return make_proposal(consultation=consultation, now=now, title="Plant trees on Market Square")


class TestTheNumberOfQuestionsToTheDatabase:
    def count(self, client, address):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    def test_a_longer_debate_asks_no_more(self, client, proposal, now):
        for _ in range(3):
            make_removal(make_comment(proposal=proposal, now=now), now=now)
        few = self.count(client, proposal.get_absolute_url())
        for _ in range(12):
            parent = make_comment(proposal=proposal, now=now)
            make_comment(proposal=proposal, parent=parent, now=now)

        assert self.count(client, proposal.get_absolute_url()) <= few + 1

    @pytest.mark.parametrize("name", ["proposals", "proposals-csv", "proposals-json"])
    def test_a_longer_list_asks_no_more(self, client, proposal, now, name):
        address = reverse(f"deliberation:{name}", args=[proposal.consultation.slug])
        few = self.count(client, f"{address}?sort=newest")
        for _ in range(12):
            make_comment(
                proposal=make_proposal(consultation=proposal.consultation, now=now), now=now
            )

        assert self.count(client, f"{address}?sort=newest") == few

    def test_a_longer_moderation_log_asks_no_more(self, client, proposal, now):
        make_removal(make_comment(proposal=proposal, now=now), now=now)
        few = self.count(client, "/moderation/log/")
        for _ in range(6):
            make_removal(make_comment(proposal=proposal, now=now), now=now)

        assert self.count(client, "/moderation/log/") == few
