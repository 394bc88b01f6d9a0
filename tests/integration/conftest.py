import pytest


@pytest.fixture(autouse=True)
def data_folder_of_its_own(data_folder):
    """Every test publishes into a folder of its own, signed with the run's key."""
