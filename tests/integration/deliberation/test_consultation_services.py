"""What is set up, when what may be done, and what the log says of it."""

import pytest
from django.db import IntegrityError, connection

from deliberation.models import Consultation, Phase, PhaseChange
from deliberation.services.consultations import (
    AlreadyPublished,
    NotReady,
    SlugRefused,
    describe_consultation,
    draft_consultation,
    make_promise,
    publish_consultation,
)
from deliberation.services.phases import (
    PhaseRefused,
    add_phase,
    change_phase,
    log_due_changes,
    remove_phase,
)
from tests.factories.accounts import make_organisation
from tests.factories.deliberation import (
    DAY,
    NOW,
    PROMISE,
    logged_bodies,
    make_consultation,
    make_draft,
    make_full_consultation,
)

pytestmark = pytest.mark.django_db


def dates(first, last):
    return {"starts_at": NOW + first * DAY, "ends_at": NOW + last * DAY}


def phase_of(consultation, first, last):
    return add_phase(
        consultation=consultation,
        kind=Phase.Kind.DEBATE,
        features=["COMMENT"],
        now=NOW,
        **dates(first, last),
    )


class TestConsultations:
    @pytest.mark.parametrize("slug", ["", "Quiet", "a b", "-a", "a--b", "ä", "new", "a" * 81])
    def test_a_short_name_that_is_no_address_is_refused(self, slug):
        organisation = make_organisation()
        with pytest.raises(SlugRefused):
            draft_consultation(organisation=organisation, title="Which streets?", slug=slug)

    def test_a_short_name_is_taken_once(self):
        make_draft(slug="streets")

        with pytest.raises(SlugRefused):
            make_draft(slug="streets")

    def test_nothing_is_published_without_text_promise_and_phases(self):
        draft = make_draft()
        with pytest.raises(NotReady, match="what the consultation is about"):
            publish_consultation(consultation=draft, now=NOW)
        describe_consultation(consultation=draft, title=draft.title, summary="Which.")
        with pytest.raises(NotReady, match="promise"):
            publish_consultation(consultation=draft, now=NOW)
        make_promise(consultation=draft, endorsement_threshold=None, **PROMISE)
        with pytest.raises(NotReady, match="phase"):
            publish_consultation(consultation=draft, now=NOW)
        phase_of(draft, -3, -2)
        with pytest.raises(NotReady, match="over"):
            publish_consultation(consultation=draft, now=NOW)

        assert not Consultation.objects.filter(published_at__isnull=False).exists()
        assert not logged_bodies("consultation-phase")

    def test_the_promise_stands_once_it_is_published(self):
        consultation = make_consultation()

        with pytest.raises(AlreadyPublished):
            make_promise(consultation=consultation, endorsement_threshold=1, **PROMISE)
        with pytest.raises(AlreadyPublished):
            publish_consultation(consultation=consultation, now=NOW)

    def test_the_table_refuses_a_publication_without_promise(self):
        draft = make_draft()
        draft.published_at = NOW

        with pytest.raises(IntegrityError):
            draft.save()

    def test_publishing_logs_every_phase_as_planned(self):
        consultation = make_full_consultation()

        entries = logged_bodies("consultation-phase")
        assert [(entry["phase"], entry["act"]) for entry in entries] == [
            ("PROPOSE-1", "planned"),
            ("DEBATE-2", "planned"),
            ("VOTE-3", "planned"),
            ("ANSWER-4", "planned"),
        ]
        assert {entry["consultation"] for entry in entries} == {consultation.slug}
        assert entries[1]["features"] == ["COMMENT", "ENDORSE"]


class TestPhases:
    def test_phases_do_not_overlap(self):
        draft = make_draft()
        phase_of(draft, 0, 10)

        with pytest.raises(PhaseRefused, match="overlaps"):
            phase_of(draft, 9, 12)
        phase_of(draft, 10, 12)

    def test_the_table_refuses_an_overlap_too(self):
        draft = make_draft()
        phase_of(draft, 0, 10)
        other = phase_of(draft, 10, 12)

        with pytest.raises(IntegrityError, match="deliberation_phases_do_not_overlap"):
            Phase.objects.filter(pk=other.pk).update(starts_at=NOW + 9 * DAY)

    def test_phases_of_two_consultations_may_overlap(self):
        phase_of(make_draft(), 0, 10)
        phase_of(make_draft(), 0, 10)

        assert Phase.objects.count() == 2

    @pytest.mark.parametrize(("first", "last"), [(1, 1), (2, 1)])
    def test_a_phase_starts_before_it_ends(self, first, last):
        draft = make_draft()
        with pytest.raises(PhaseRefused):
            phase_of(draft, first, last)
        with pytest.raises(IntegrityError):
            Phase.objects.create(
                consultation=draft, number=1, kind="VOTE", features=[], **dates(first, last)
            )

    def test_the_table_knows_the_features(self):
        draft = make_draft()
        with pytest.raises(IntegrityError):
            Phase.objects.create(
                consultation=draft, number=1, kind="VOTE", features=["DANCE"], **dates(0, 1)
            )

    def test_a_published_phase_moves_only_ahead_of_now_and_is_logged(self):
        consultation = make_full_consultation()
        running, coming = consultation.phases.order_by("number")[:2]
        kept = {"kind": running.kind, "features": running.features, "now": NOW}

        with pytest.raises(PhaseRefused, match="has started"):
            change_phase(phase=running, **kept, **dates(-4, 5))
        with pytest.raises(PhaseRefused, match="into the past"):
            change_phase(phase=running, **kept, **dates(-5, -1))
        with pytest.raises(PhaseRefused, match="was published"):
            change_phase(phase=coming, kind="DEBATE", features=["PROPOSE"], now=NOW, **dates(5, 15))
        change_phase(phase=running, **kept, **dates(-5, 4))

        last = logged_bodies("consultation-phase")[-1]
        assert (last["phase"], last["act"]) == ("PROPOSE-1", "changed")
        assert last["ends_at"] == "2026-11-25T12:00:00Z"

    def test_a_phase_that_is_over_cannot_be_moved(self):
        phase = make_full_consultation().phases.get(number=1)

        with pytest.raises(PhaseRefused, match="is over"):
            change_phase(
                phase=phase,
                kind=phase.kind,
                features=phase.features,
                now=NOW + 6 * DAY,
                **dates(-5, 40),
            )

    def test_a_published_phase_is_not_removed(self):
        phase = make_consultation().phases.get()

        with pytest.raises(PhaseRefused):
            remove_phase(phase=phase)

    def test_a_phase_added_after_publication_lies_ahead_and_is_logged(self):
        consultation = make_consultation()
        with pytest.raises(PhaseRefused, match="ahead"):
            phase_of(consultation, -10, -8)
        phase_of(consultation, 6, 8)

        acts = [entry["act"] for entry in logged_bodies("consultation-phase")]
        assert acts == ["planned", "planned"]

    def test_the_sweep_logs_each_start_and_end_once(self):
        make_full_consultation()
        make_draft()

        counts = [log_due_changes(now=NOW + day * DAY) for day in (-5.5, 0, 0, 6, 6, 100, 100)]

        assert counts == [0, 1, 0, 2, 0, 5, 0]
        acts = [
            (entry["phase"], entry["act"])
            for entry in logged_bodies("consultation-phase")
            if entry["act"] != "planned"
        ]
        assert acts[:2] == [("PROPOSE-1", "started"), ("PROPOSE-1", "ended")]
        assert acts[2] == ("DEBATE-2", "started")
        assert len(acts) == 8

    def test_the_table_takes_each_start_once(self):
        make_consultation()
        log_due_changes(now=NOW)
        change = PhaseChange.objects.get(kind="STARTED")
        change.pk = None

        with pytest.raises(IntegrityError):
            change.save(force_insert=True)


def test_the_triggers_stand_on_every_table_that_is_written_once():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgenabled FROM pg_trigger"
            " WHERE tgname = 'refuse_change' AND tgrelid::regclass::text LIKE 'deliberation%'"
        )
        assert sorted(cursor.fetchall()) == [
            ("deliberation_comment", "A"),
            ("deliberation_moderationact", "A"),
            ("deliberation_phasechange", "A"),
            ("deliberation_proposalversion", "A"),
        ]
