"""No described address breaks or answers a status that is not described (SECURITY D13, short)."""

import pytest
import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import status_code_conformance

from tests.factories.deliberation import make_full_consultation, make_proposal
from tests.factories.voting import make_election


@pytest.fixture
def interface(transactional_db, settings):
    settings.ALLOWED_HOSTS = ["localhost"]
    settings.REQUESTS_PER_MINUTE = dict.fromkeys(settings.REQUESTS_PER_MINUTE, 1_000_000)
    make_election(votes=[(0, ([1, 0], [0, 1, 0, 0]))])
    now = timezone.now()
    make_proposal(consultation=make_full_consultation(now=now), now=now)
    return schemathesis.openapi.from_wsgi("/api/schema", WSGIHandler())


def test_no_described_address_breaks_or_answers_what_is_not_described(interface):
    for found in interface.get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy())
        @settings(
            max_examples=8,
            deadline=None,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def does_not_break(case):
            case.call_and_validate(checks=[not_a_server_error, status_code_conformance])

        does_not_break()
