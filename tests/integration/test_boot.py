import pytest
from django.contrib.auth import get_user_model


@pytest.mark.django_db
def test_a_person_is_known_by_the_email_address():
    person = get_user_model().objects.create_user(
        email="ada@example.org", display_name="Ada", password="correct horse battery"
    )

    assert get_user_model().objects.get_by_natural_key("ada@example.org") == person
