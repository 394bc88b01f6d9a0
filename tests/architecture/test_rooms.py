import pytest

from tests.architecture.tree import ROOT, files_ending, project_files, text_of

APPS = ("accounts", "audit", "voting", "deliberation")
ROOMS = {
    "urls",
    "views",
    "api",
    "admin",
    "tasks",
    "management",
    "forms",
    "serializers",
    "services",
    "permissions",
    "selectors",
    "models",
    "analysis",
    "migrations",
}
BESIDE_THE_ROOMS = {"__init__", "apps", "templatetags"}
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "misc"}
LINE_LIMIT = 500


@pytest.mark.parametrize("app", APPS)
def test_an_app_has_only_the_rooms_of_the_house(app):
    found = {
        path.parts[1].removesuffix(".py")
        for path in project_files()
        if path.parts[0] == app and path.name.endswith(".py")
    }

    assert found <= ROOMS | BESIDE_THE_ROOMS


@pytest.mark.parametrize("app", APPS)
def test_models_and_services_are_packages(app):
    assert (ROOT / app / "models" / "__init__.py").exists()
    assert (ROOT / app / "services" / "__init__.py").exists()


def test_no_file_has_a_name_that_says_nothing():
    vague = [
        str(path)
        for path in project_files()
        if {path.name.partition(".")[0].lower(), *path.parts[:-1]} & NAMES_THAT_SAY_NOTHING
    ]

    assert vague == []


def test_no_file_is_longer_than_five_hundred_lines():
    long = {
        str(path): lines
        for path in files_ending(".py", ".ts", ".html", ".css", ".scss", ".mjs")
        # A first migration is written by Django, and made anew at will.
        if path.name != "0001_initial.py" and (lines := text_of(path).count("\n")) > LINE_LIMIT
    }

    assert long == {}


def test_each_app_has_one_first_migration_until_the_first_release():
    migrations = {
        app: sorted(
            path.name
            for path in project_files()
            if path.parts[:2] == (app, "migrations") and path.name[:4].isdecimal()
        )
        for app in APPS
    }

    assert all(names in ([], ["0001_initial.py"]) for names in migrations.values()), migrations
