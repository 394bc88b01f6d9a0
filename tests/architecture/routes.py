"""Who may open which address: every route of the house, by its name.

An address that is not here fails the check, so that nobody adds one without deciding.
ANYONE: everybody, signed in or not.  PERSON: whoever is signed in, for their own things.
MODERATOR, ADMINISTRATOR: an office in the organisation that the thing belongs to.
TRUSTEE: whoever has confirmed the trustee's address.  STAFF: the admin site's people.
"""

ANYONE = """
health schema
deliberation:home deliberation:consultations deliberation:consultation deliberation:proposals
deliberation:proposals-csv deliberation:proposals-json deliberation:proposal deliberation:versions
deliberation:comment deliberation:moderation-log
deliberation:api-consultations deliberation:api-consultation deliberation:api-proposals
deliberation:api-proposal deliberation:api-comments
voting:elections voting:counting voting:election voting:result voting:find-ballot voting:ballot
voting:booth voting:check
voting:api-elections voting:api-election voting:api-events voting:api-cast voting:api-ballot
voting:api-challenge voting:api-ceremony voting:api-ceremony-messages
voting:api-shuffle voting:api-shuffles voting:api-transcript voting:companion
voting:api-partial-decryptions voting:record voting:result-note voting:election-json
voting:trustees-json voting:credentials-json voting:encrypted-tally-json voting:result-json
audit:board audit:checkpoint audit:older-checkpoint audit:policy audit:key audit:keys audit:tile
audit:entry audit:entry-json audit:receipt
audit:schema audit:schemas audit:schemas-json audit:state audit:feed audit:closed audit:closed-file
audit:check-receipt audit:evidence audit:timestamp audit:timestamp-roots
audit:api-log audit:api-entries audit:api-entry audit:api-receipt
site:how-it-works site:phases site:rules site:verify site:verify-record site:verifier-file
site:receipt-checker-file site:open-data site:help site:accessibility
site:privacy site:source site:language site:theme
account_login account_logout account_signup account_inactive account_email_verification_sent
account_reset_password account_reset_password_done account_reset_password_from_key
account_reset_password_from_key_done account_request_login_code account_confirm_login_code
mfa_authenticate mfa_login_webauthn
"""

PERSON = """
deliberation:new-proposal deliberation:new-similar deliberation:new-text deliberation:new-check
deliberation:revise deliberation:withdraw deliberation:endorse deliberation:undo-endorsement
deliberation:write-comment deliberation:reply deliberation:report-proposal
deliberation:report-comment deliberation:api-endorsement
accounts:own accounts:name accounts:data accounts:end-sessions accounts:close
accounts:organisations
voting:permit
audit:evidence-list audit:evidence-one audit:evidence-progress audit:evidence-receipt
audit:evidence-promise audit:evidence-sheet audit:evidence-delete audit:evidence-keys
audit:evidence-key-revoke
account_reauthenticate account_email account_change_password account_set_password
mfa_index mfa_reauthenticate mfa_activate_totp mfa_deactivate_totp mfa_view_recovery_codes
mfa_generate_recovery_codes mfa_download_recovery_codes mfa_list_webauthn mfa_add_webauthn
mfa_reauthenticate_webauthn mfa_remove_webauthn mfa_edit_webauthn
"""

MODERATOR = """
deliberation:moderation deliberation:moderate-proposal deliberation:moderate-comment
"""

ADMINISTRATOR = """
deliberation:setup-new deliberation:setup deliberation:setup-text deliberation:setup-promise
deliberation:setup-phases deliberation:setup-phase deliberation:setup-drop-phase
deliberation:setup-publish deliberation:candidates deliberation:shortlist
deliberation:draft-election
voting:new voting:manage voting:details voting:questions voting:question voting:drop-question
voting:roll voting:trustees voting:drop-trustee voting:remind-trustee voting:replace-trustee
voting:new-group voting:new-member voting:threshold voting:ceremony voting:drop-group
voting:minimums voting:take-back voting:credentials voting:seal
accounts:organisation accounts:organisation-add accounts:role-grant accounts:role-revoke
accounts:roll-upload accounts:roll-preview accounts:roll accounts:roll-csv accounts:roll-discard
"""

TRUSTEE = "voting:trustee"
# Whoever comes with a key of another platform.
KEY = """
audit:api-evidence audit:api-evidence-one audit:api-evidence-promise
audit:api-evidence-receipt audit:api-evidence-timestamp
"""

AUDIENCES = {
    "ANYONE": ANYONE.split(),
    "PERSON": PERSON.split(),
    "MODERATOR": MODERATOR.split(),
    "ADMINISTRATOR": ADMINISTRATOR.split(),
    "TRUSTEE": TRUSTEE.split(),
    "KEY": KEY.split(),
}
# Pages for a person that tell everybody else what signing in would allow.
TELLING = (
    "deliberation:new-proposal",
    "deliberation:reply",
    "deliberation:report-comment",
    "deliberation:report-proposal",
    "deliberation:revise",
)
# The admin site is Django's own; all of it is for staff, and read-only where the log rules.
STAFF_PREFIX = "admin:"
