"""Every setting of the installation.

Values that differ between installations come from the environment: docs/operations.md lists them.
"""

import sys
from pathlib import Path
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from config import environment, policies

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Where it runs -----------------------------------------------------------------------
DEBUG = environment.flag("PNYX_DEBUG")
SECRET_KEY = environment.text("PNYX_SECRET_KEY", default="insecure" if DEBUG else None)
# The address people see, without a trailing slash. Mails and the log's origin come from it.
BASE_URL = environment.base_url("PNYX_BASE_URL", default="http://127.0.0.1:8000" if DEBUG else None)
IS_HTTPS = BASE_URL.startswith("https://")
ALLOWED_HOSTS = environment.words("PNYX_ALLOWED_HOSTS", default=str(urlsplit(BASE_URL).hostname))
CSRF_TRUSTED_ORIGINS = [BASE_URL]
# Files that the server publishes: tiles, checkpoints, election records. And the log's key.
DATA_DIR = Path(environment.text("PNYX_DATA_DIR", default=str(BASE_DIR / ".local" / "data")))
# Which witnesses are asked to cosign the log, and how many have to; empty: nobody.
LOG_POLICY_FILE = environment.text("PNYX_LOG_POLICY_FILE", default="")
LOG_KEY_FILE = Path(environment.text("PNYX_LOG_KEY_FILE", default=str(DATA_DIR / "log.key")))
# The newest checkpoint that was signed, for the day when the database is set back. Best on another
# disk than database and public files.
LOG_MARK_FILE = Path(environment.text("PNYX_LOG_MARK_FILE", default=str(DATA_DIR / "log-mark")))
# The optional anchor in an EVM contract (docs/anchor.md). Without an address nothing is loaded.
ANCHOR_URL = environment.text("PNYX_ANCHOR_URL", default="")
ANCHOR_CONTRACT = environment.text("PNYX_ANCHOR_CONTRACT", default="")
ANCHOR_KEY_FILE = environment.text("PNYX_ANCHOR_KEY_FILE", default="")
# Repeatable order of ballots within a batch, for tests and drills: 64 hexadecimal digits.
BALLOT_ORDER_KEY = environment.text("PNYX_BALLOT_ORDER_KEY", default="")
if BALLOT_ORDER_KEY and not DEBUG:
    raise ImproperlyConfigured(
        "PNYX_BALLOT_ORDER_KEY is for debugging only: it tells who voted when."
    )
# How long after the polls closed it is kept which credential an account used.
APPEAL_DAYS = environment.number("PNYX_APPEAL_DAYS", default=30)
# Documents that one person, or one key of another platform, may register in a day.
EVIDENCE_PER_DAY = environment.number("PNYX_EVIDENCE_PER_DAY", default=100)
EVIDENCE_PER_KEY_AND_DAY = environment.number("PNYX_EVIDENCE_PER_KEY_AND_DAY", default=10_000)
# The authority that stamps checkpoints (RFC 3161), and the certificates that its tokens lead to.
TIMESTAMP_URL = environment.text("PNYX_TIMESTAMP_URL", default="")
TIMESTAMP_CERTIFICATES = environment.text("PNYX_TIMESTAMP_CERTIFICATES", default="")
if TIMESTAMP_URL and not TIMESTAMP_CERTIFICATES:
    raise ImproperlyConfigured(
        "PNYX_TIMESTAMP_URL needs PNYX_TIMESTAMP_CERTIFICATES: whom to believe."
    )
# A folder of policies of other logs whose receipts are recognised here.
TRUSTED_POLICIES = environment.text("PNYX_TRUSTED_POLICIES", default="")
INSTALLATION_NAME = environment.text("PNYX_INSTALLATION_NAME", default="Northfield City Council")

# --- Stores ------------------------------------------------------------------------------
DATABASES = {
    "default": environment.database(environment.text("DATABASE_URL"))
    | {"ATOMIC_REQUESTS": False, "CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
}
# The owner of the tables, for `manage.py prepare` alone: web, worker and beat are not told.
if owner_url := environment.text("PNYX_DATABASE_OWNER_URL", default=""):
    DATABASES["owner"] = environment.database(owner_url) | {"TEST": {"MIRROR": "default"}}
REDIS_URL = environment.text("REDIS_URL")
CACHES: dict[str, dict[str, object]] = {
    "default": {
        "BACKEND": "config.counters.ValkeyCache",
        "LOCATION": REDIS_URL,
        # A Valkey that hangs must not hang the pages.
        "OPTIONS": {"socket_timeout": 5},
    },
    # Where the REST interface counts when Valkey is out of reach.
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Applications ------------------------------------------------------------------------
INSTALLED_APPS = [
    "config",
    "deliberation",
    "voting",
    "accounts",
    "audit",
    "config.apps.HouseAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
]
MIDDLEWARE = [
    "config.middleware.SecurityHeaders",
    "config.middleware.NoCookiesInTheBooth",
    "config.middleware.PrivatePagesAreNotStored",
    "django.middleware.security.SecurityMiddleware",
    "config.slot.BallotSlot",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "config.frame.frame",
            ]
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- What browsers are told -----------------------------------------------------------------
SECURE_CSP = policies.PAGE_CSP
SECURE_CSP_BOOTH = policies.BOOTH_CSP
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Plain http is for a loopback address alone; environment.base_url refuses any other.
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_HSTS_SECONDS = 2 * 365 * 86_400 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_HTTPS
SECURE_HSTS_PRELOAD = IS_HTTPS
# Set PNYX_BEHIND_PROXY only where a proxy replaces both headers on every request.
BEHIND_PROXY = environment.flag("PNYX_BEHIND_PROXY")
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
USE_X_FORWARDED_HOST = False
ALLAUTH_TRUSTED_PROXY_COUNT = int(BEHIND_PROXY)
# `__Host-` binds a cookie to this very host; browsers accept the name over https only.
_COOKIE_PREFIX = "__Host-" if IS_HTTPS else ""
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = f"{_COOKIE_PREFIX}sessionid"
SESSION_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_NAME = f"{_COOKIE_PREFIX}csrftoken"
CSRF_COOKIE_SECURE = IS_HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "config.error_pages.csrf_failure"
LANGUAGE_COOKIE_NAME = f"{_COOKIE_PREFIX}language"
LANGUAGE_COOKIE_SECURE = IS_HTTPS
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"

# --- People ------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
# allauth's backend alone: a second one would hash every wrong password twice.
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "accounts.forms.passwords.LongPasswordValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "accounts.forms.passwords.UncommonPasswordValidator"},
    {
        "NAME": "accounts.forms.passwords.OtherPasswordValidator",
        "OPTIONS": {"user_attributes": ["email", "display_name"]},
    },
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
PASSWORD_RESET_TIMEOUT = 3_600
# An office rests until its holder has a second factor; while debugging it need not.
ROLES_NEED_SECOND_FACTOR = (
    environment.text("PNYX_ROLES_NEED_SECOND_FACTOR", default="0" if DEBUG else "1") == "1"
)
EMAIL_BACKEND = environment.text(
    "PNYX_EMAIL_BACKEND", default="django.core.mail.backends.smtp.EmailBackend"
)
EMAIL_HOST = environment.text("PNYX_SMTP_HOST", default="localhost")
EMAIL_PORT = environment.number("PNYX_SMTP_PORT", default=25)
EMAIL_HOST_USER = environment.text("PNYX_SMTP_USER", default="")
EMAIL_HOST_PASSWORD = environment.text("PNYX_SMTP_PASSWORD", default="")
# A password never travels in the clear.
EMAIL_USE_TLS = bool(EMAIL_HOST_USER)
EMAIL_TIMEOUT = 20
EMAIL_FILE_PATH = environment.text("PNYX_MAIL_DIR", default=str(BASE_DIR / ".local" / "mail"))
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = environment.text("PNYX_FROM_EMAIL", default="pnyx@localhost")
# Whom people write to: shown on the help page and others.
CONTACT_EMAIL = environment.text("PNYX_CONTACT_EMAIL", default=DEFAULT_FROM_EMAIL)
# Where the source code of what runs here can be had; the licence asks for it.
SOURCE_URL = environment.text("PNYX_SOURCE_URL", default="")

# --- Signing in (django-allauth) -----------------------------------------------------------
ACCOUNT_ADAPTER = "accounts.services.adapters.AccountAdapter"
MFA_ADAPTER = "accounts.services.adapters.MFAAdapter"
ACCOUNT_FORMS = {
    "login": "accounts.forms.door.LoginForm",
    "signup": "accounts.forms.door.SignupForm",
    "request_login_code": "accounts.forms.door.RequestLoginCodeForm",
    "confirm_login_code": "accounts.forms.door.ConfirmLoginCodeForm",
    "confirm_email_verification_code": "accounts.forms.door.ConfirmEmailForm",
    "reset_password": "accounts.forms.door.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.door.ResetPasswordKeyForm",
    "change_password": "accounts.forms.door.ChangePasswordForm",
    "set_password": "accounts.forms.door.SetPasswordForm",
    "add_email": "accounts.forms.door.ChangeEmailForm",
    "reauthenticate": "accounts.forms.door.ReauthenticateForm",
}
MFA_FORMS = {
    "authenticate": "accounts.forms.factors.AuthenticateForm",
    "authenticate_webauthn": "accounts.forms.factors.AuthenticatePasskeyForm",
    "reauthenticate": "accounts.forms.factors.ReauthenticateForm",
    "reauthenticate_webauthn": "accounts.forms.factors.ReauthenticatePasskeyForm",
    "login_webauthn": "accounts.forms.factors.LoginPasskeyForm",
    "add_webauthn": "accounts.forms.factors.AddPasskeyForm",
    "edit_webauthn": "accounts.forms.factors.RenamePasskeyForm",
    "activate_totp": "accounts.forms.factors.ActivateAppForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
# A code belongs to the browser that asked for it: a link in a mail belongs to whoever reads it.
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
# By network address and by account; what is not named here is as allauth has it.
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/m/ip,60/h/ip,5/10m/key,30/d/key",
    "signup": "10/m/ip,60/h/ip",
}
MFA_SUPPORTED_TYPES = ["webauthn", "totp", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# An account made with a passkey alone has no recovery codes: whoever loses it is locked out.
MFA_PASSKEY_SIGNUP_ENABLED = False
MFA_TOTP_ISSUER = INSTALLATION_NAME

# --- Language and time -------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = environment.text("PNYX_TIME_ZONE", default="UTC")
USE_TZ = True

# --- Static files ------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "static" / "collected"
STATICFILES_DIRS = [BASE_DIR / "static" / "dist"]
# A hash in each file's name lets browsers keep it for ever. Debugging serves the build as it is.
WHITENOISE_USE_FINDERS = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- REST interface ----------------------------------------------------------------------
# Views say themselves who may and how they know it; what they leave out is refused.
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["config.permissions.DenyAll"],
    "DEFAULT_PARSER_CLASSES": ["config.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_THROTTLE_CLASSES": ["config.throttles.MinuteThrottle"],
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.LimitOffsetPagination",
    "PAGE_SIZE": 50,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "config.api_errors.answer_with_code",
    "NUM_PROXIES": int(BEHIND_PROXY),
    "STRICT_JSON": True,
}
# Requests of one subscriber a minute, by a view's throttle_scope.
REQUESTS_PER_MINUTE = {
    "read": environment.number("PNYX_READS_PER_MINUTE", default=1_200),
    "cast": environment.number("PNYX_CASTS_PER_MINUTE", default=600),
    "challenge": environment.number("PNYX_CHALLENGES_PER_MINUTE", default=30),
    "write": environment.number("PNYX_WRITES_PER_MINUTE", default=60),
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Pnyx",
    "DESCRIPTION": "Elections, their records, the audit log, consultations and proposals.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "DISABLE_ERRORS_AND_WARNINGS": False,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.described_refusals.describe_refusals",
    ],
    "ENUM_NAME_OVERRIDES": {
        "BallotState": "voting.serializers.BALLOT_STATUSES",
        "ProposalState": "deliberation.models.Proposal.Status",
    },
}

# --- Celery ------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL.replace("unix://", "redis+socket://", 1)
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A task that outlives the visibility timeout would be delivered twice.
CELERY_TASK_SOFT_TIME_LIMIT = 600
CELERY_TASK_TIME_LIMIT = 660
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3_600}
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# A worker keeps its connection to the database from task to task: config.celery looks after it.
CELERY_DB_REUSE_MAX = sys.maxsize

# --- Diary of the processes --------------------------------------------------------------
# Who asked for what is not written down: no address, no query, nothing at all of casting.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"private": {"()": "config.diary.WithoutRequests"}},
    "formatters": {
        "plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "plain",
            "filters": ["private"],
        }
    },
    "root": {"handlers": ["console"], "level": environment.text("PNYX_LOG_LEVEL", default="INFO")},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        # It would name the passkey at each use.
        "fido2": {"level": "WARNING"},
    },
}
