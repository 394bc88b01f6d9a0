"""Every page of the debate at both widths, light and dark, with and without a script."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from accounts.models import User
from deliberation.models import Comment, Consultation, Proposal
from deliberation.services.proposals import revise_proposal
from tests.browser.pages import (
    NARROW,
    WIDE,
    WITHOUT_SCRIPT,
    assert_accessible,
    assert_focus_is_visible,
    assert_no_sideways_scroll,
    follow,
)
from tests.factories.accounts import (
    make_administrator,
    make_moderator,
    make_organisation,
    make_user,
)
from tests.factories.deliberation import (
    make_comment,
    make_draft,
    make_endorsements,
    make_full_consultation,
    make_proposal,
    make_removal,
    make_report,
    make_shortlisted,
)
from tests.unit.deliberation.test_markdown import ATTACKS

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Scene:
    """A debate with everything that a page may have to show."""

    consultation: Consultation
    proposal: Proposal
    comment: Comment
    removed: Comment
    author: User
    moderator: User
    administrator: User


@pytest.fixture
def scene() -> Scene:
    now = timezone.now()
    organisation = make_organisation(name="Office of the Mayor")
    consultation = make_full_consultation(now=now, organisation=organisation)
    author = make_user(display_name="Participant 371", password=None)
    proposal = make_proposal(
        consultation=consultation,
        author=author,
        title="Put the final deal to a referendum",
        body=(
            "There should be a referendum on the final deal between the UK and the EU. The"
            " question is the deal itself, with its full text, not the original question again."
            "\n\n* It can be read.\n* It can be answered with **yes** or **no**.\n\n"
            "> People on the same side wanted different things.\n\n"
            "See [the report](https://example.org/report)."
        ),
        now=now - timedelta(days=3),
    )
    revise_proposal(
        proposal=proposal,
        author=author,
        title="Put the final deal to a public referendum",
        body="There should be a referendum on the final deal between the UK and the EU, this year.",
        note="Say when",
        now=now - timedelta(days=2),
    )
    for title in (
        "Open a public inquiry into the Northern Ireland border",
        "Make referendums of this magnitude advisory",
        "把最终协议交付公投表决，并把全文送到每家每户",
    ):
        make_proposal(consultation=consultation, title=title, now=now)
    make_shortlisted(consultation=consultation, title="Stay in the Single Market", now=now)
    make_endorsements(proposal, many=2, now=now)
    comment = make_comment(
        proposal=proposal,
        alignment="NEUTRAL",
        body="Would the question be accept or renegotiate, or accept or stay?",
        now=now - timedelta(hours=30),
    )
    make_comment(
        proposal=proposal,
        author=author,
        parent=comment,
        alignment="NEUTRAL",
        body="Parliament words the question.",
        now=now - timedelta(hours=20),
    )
    removed = make_comment(
        proposal=proposal, parent=comment, alignment="AGAINST", body="Stupid.", now=now
    )
    deeper = make_comment(
        proposal=proposal,
        parent=removed,
        alignment="AGAINST",
        body="I disagree with how that was put, but the worry behind it is fair.",
        now=now,
    )
    deep = make_comment(proposal=proposal, parent=deeper, body="Agreed in part.", now=now)
    make_comment(proposal=proposal, parent=deep, body="So do I.", now=now)
    for body in ("The result produced no clear objectives.", "A concrete text is not a wish list."):
        make_comment(proposal=proposal, alignment="FOR", body=body, now=now)
    rude = make_comment(
        proposal=proposal,
        alignment="AGAINST",
        body="There is no point opposing at this stage. It is a rock rolling down a hill.",
        now=now,
    )
    moderator = make_moderator(organisation, display_name="Leyla A.")
    make_removal(removed, moderator=moderator, now=now)
    make_report(rude, now=now - timedelta(hours=26))
    make_report(rude, now=now - timedelta(hours=3), text="")
    make_report(proposal, rule="REPETITION", text="Same as proposal 3.", now=now)
    return Scene(
        consultation=consultation,
        proposal=proposal,
        comment=comment,
        removed=removed,
        author=author,
        moderator=moderator,
        administrator=make_administrator(organisation),
    )


def public_pages(scene) -> list[str]:
    consultation = scene.consultation.get_absolute_url()
    proposal = scene.proposal.get_absolute_url()
    return [
        "/",
        "/consultations/",
        consultation,
        f"{consultation}proposals/",
        f"{consultation}proposals/?text=zebra",
        f"{consultation}proposals/new/",
        proposal,
        f"{proposal}versions/",
        f"{proposal}report/",
        f"/comments/{scene.comment.pk}/reply/",
        f"/comments/{scene.removed.pk}/reply/",
        f"/comments/{scene.comment.pk}/report/",
        "/moderation/log/",
        f"/moderation/log/?consultation={scene.consultation.slug}",
    ]


def pages_of_moderators(scene) -> list[str]:
    return [
        "/moderation/",
        f"/moderation/comments/{scene.comment.pk}/",
        f"/moderation/comments/{scene.removed.pk}/",
        f"/moderation/proposals/{scene.proposal.pk}/",
        scene.proposal.get_absolute_url(),
    ]


def pages_of_administrators(scene) -> list[str]:
    setup = f"{scene.consultation.get_absolute_url()}setup/"
    draft = make_draft(organisation=scene.consultation.organisation)
    return [
        "/consultations/",
        "/consultations/new/",
        setup,
        f"{setup}text/",
        f"{setup}promise/",
        f"{setup}phases/",
        f"{setup}phases/2/",
        f"{setup}publish/",
        f"{setup}shortlist/",
        f"{setup}election/",
        f"/proposals/{scene.proposal.pk}/shortlist/",
        f"{draft.get_absolute_url()}setup/",
        f"{draft.get_absolute_url()}setup/publish/",
        draft.get_absolute_url(),
    ]


def assert_holds(page, path) -> None:
    page.goto(path)
    assert_accessible(page)
    assert_no_sideways_scroll(page)


@pytest.mark.slow
def test_public_pages_hold_in_every_view(page_in_every_view, scene):
    for path in public_pages(scene):
        assert_holds(page_in_every_view, path)


def test_the_author_s_pages_hold(page_in_every_view, sign_in, scene):
    sign_in(page_in_every_view, scene.author)
    for name in ("revise", "withdraw"):
        assert_holds(page_in_every_view, f"{scene.proposal.get_absolute_url()}{name}/")


def test_moderators_pages_hold(page_in_every_view, sign_in, scene):
    sign_in(page_in_every_view, scene.moderator)
    for path in pages_of_moderators(scene):
        assert_holds(page_in_every_view, path)


@pytest.mark.slow
def test_administrators_pages_hold(page_in_every_view, sign_in, scene):
    sign_in(page_in_every_view, scene.administrator)
    for path in pages_of_administrators(scene):
        assert_holds(page_in_every_view, path)


def test_pages_in_chinese_hold(visit, scene):
    page = visit(NARROW.__class__(width=360, language="zh-CN"))
    for path in public_pages(scene)[:8]:
        assert_holds(page, path)


@pytest.mark.parametrize("view", [WIDE, WITHOUT_SCRIPT], ids=["script", "no script"])
def test_a_person_proposes_and_argues(visit, sign_in, scene, view):
    page = visit(view)
    sign_in(page, make_user(password=None))
    page.goto(scene.consultation.get_absolute_url())

    follow(page.get_by_role("link", name="Make a proposal"))
    page.get_by_label("What should be done?").fill("Put the final deal to the people")
    follow(page.get_by_role("button", name="Look for similar proposals"))
    assert_accessible(page)
    follow(page.get_by_role("link", name="Mine is different: write it"))
    assert_accessible(page)
    page.get_by_label("Say what exactly, and why").fill("Because **all** are concerned.")
    follow(page.get_by_role("button", name="See how it will look"))
    assert_accessible(page)
    follow(page.get_by_role("button", name="Publish the proposal"))
    page.get_by_label("Add a reason that is missing").fill("It is the people's deal.")
    page.get_by_label("For the proposal").check()
    follow(page.get_by_role("button", name="Publish comment"))
    page.get_by_role("link", name="Reply").first.click()
    page.get_by_label("Your reply").fill("But not all of them will read it.")
    page.locator("form.pnyx-act").get_by_label("Against the proposal").check()
    follow(page.get_by_role("button", name="Publish reply"))

    expect(page.get_by_text("But not all of them will read it.")).to_be_visible()
    assert Comment.objects.filter(parent__body="It is the people's deal.").count() == 1


def test_the_reply_form_opens_below_the_comment_with_the_cursor_in_it(page, sign_in, scene):
    sign_in(page, make_user(password=None))
    page.goto(scene.proposal.get_absolute_url())

    page.locator(f"#comment-{scene.comment.pk} > .pnyx-comment__do").get_by_text("Reply").click()

    expect(page.locator(f"#reply-{scene.comment.pk}-body")).to_be_focused()
    expect(page.get_by_label("Your reply")).to_be_visible()
    expect(page).to_have_url(scene.proposal.get_absolute_url())
    assert_accessible(page)


def test_a_63_what_people_write_neither_runs_nor_breaks_the_policy(page, scene):
    for number, attack in enumerate(ATTACKS):
        make_comment(proposal=scene.proposal, body=f"{attack}\n\n{number}", now=timezone.now())
    rude = make_user(password=None, display_name="<img src=x onerror=alert(1)>")
    proposal = make_proposal(
        consultation=scene.consultation,
        author=rude,
        title="<script>alert(1)</script> as title",
        body="\n\n".join(ATTACKS),
        now=timezone.now(),
    )

    for path in (
        scene.proposal.get_absolute_url(),
        proposal.get_absolute_url(),
        f"{proposal.get_absolute_url()}versions/",
        f"{scene.consultation.get_absolute_url()}proposals/",
        scene.consultation.get_absolute_url(),
    ):
        page.goto(path)
        inserted = page.locator("main script, main iframe, main img, main form[action^=http]")
        expect(inserted).to_have_count(0)


def test_the_debate_can_be_walked_by_keyboard(page, scene):
    page.goto(scene.proposal.get_absolute_url())

    assert_focus_is_visible(page)
