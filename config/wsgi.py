"""The web server's way in."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
framework = get_wsgi_application()

from config.heap import keep_what_is_loaded  # noqa: E402 - needs the applications
from config.readable import with_readable_content_type  # noqa: E402 - needs the settings
from config.self_test import refuse_unless_sound  # noqa: E402 - needs the applications

refuse_unless_sound()
application = with_readable_content_type(framework)
keep_what_is_loaded()
