"""Which operation each channel may reach. Services decide what a caller may do; this table what may be asked.

One line per operation: method, external path (after `/{channel}`), service and, where it differs, the
service's own path, then the channels. `!` after the method: a creating request, which needs an
Idempotency-Key from banks and terminals. `staff` are clerks, officers, keepers and handlers; they come in on
`/staff` or `/pc`.
"""

TABLE = """
GET    /v1/items                              catalog                 public pc mobile kiosk bank staff
GET    /v1/items/suggestions                  catalog                 public pc mobile kiosk bank staff
GET    /v1/items/{code}                       catalog                 public pc mobile kiosk bank staff
GET    /v1/items/{code}/start                 gateway                 pc mobile kiosk
GET    /v1/divisions                          catalog                 public pc mobile kiosk bank staff
GET    /v1/departments                        catalog                 public pc mobile kiosk bank staff
GET    /v1/service-points                     catalog                 public pc mobile kiosk bank staff
GET    /v1/service-points/{code}              catalog                 public pc mobile kiosk bank staff
POST!  /v1/applications                       catalog                 pc mobile kiosk bank staff
GET    /v1/applications                       catalog                 pc mobile kiosk bank staff
GET    /v1/applications/{id}                  catalog                 pc mobile kiosk bank staff
POST   /v1/applications/{id}/withdrawal       catalog                 pc mobile
POST   /v1/applications/{id}/supplement       catalog                 pc mobile
POST   /v1/applications/{id}/acceptance       catalog                 staff
POST   /v1/applications/{id}/supplement-request catalog               staff
POST   /v1/applications/{id}/rejection        catalog                 staff
POST   /v1/applications/{id}/approval         catalog                 staff
POST   /v1/applications/{id}/refusal          catalog                 staff

GET    /v1/service-points/{code}/slots        booking                 public pc mobile kiosk bank staff
GET    /v1/service-points/{code}/board        booking                 public pc mobile kiosk bank staff
POST!  /v1/appointments                       booking                 pc mobile kiosk bank staff
GET    /v1/appointments                       booking                 pc mobile kiosk bank staff
GET    /v1/appointments/{id}                  booking                 pc mobile kiosk bank staff
POST   /v1/appointments/{id}/rescheduling     booking                 pc mobile kiosk bank staff
POST   /v1/appointments/{id}/cancellation     booking                 pc mobile kiosk bank staff
POST!  /v1/holds                              booking                 pc mobile kiosk bank
GET    /v1/holds/{id}                         booking                 pc mobile kiosk bank
POST   /v1/holds/{id}/release                 booking                 pc mobile kiosk bank
POST!  /v1/waitlist-entries                   booking                 pc mobile kiosk bank
GET    /v1/waitlist-entries                   booking                 pc mobile kiosk bank
POST   /v1/waitlist-entries/{id}/cancellation booking                 pc mobile kiosk bank
GET    /v1/calendars/{city}                   booking                 public pc mobile kiosk bank staff
PUT    /v1/calendars/{city}/days/{day}        booking                 staff
DELETE /v1/calendars/{city}/days/{day}        booking                 staff
GET    /v1/service-points/{code}/opening      booking                 public pc mobile kiosk bank staff
PUT    /v1/service-points/{code}/hours        booking                 staff
GET    /v1/service-points/{code}/exceptions   booking                 staff
PUT    /v1/service-points/{code}/exceptions/{day} booking             staff
DELETE /v1/service-points/{code}/exceptions/{day} booking             staff
GET    /v1/service-points/{code}/flagged-slots booking                staff
PUT    /v1/service-points/{code}/groups/{group}/capacity booking      staff
PUT    /v1/slots/{id}/capacity                booking                 staff
GET    /v1/booking-rules                      booking                 staff
PUT    /v1/booking-rules                      booking                 staff
DELETE /v1/booking-rules/{id}                 booking                 staff
GET    /v1/service-points/{code}/booking-rule booking                 public pc mobile kiosk bank staff
POST!  /v1/check-ins                          booking                 kiosk staff
POST!  /v1/tickets                            booking                 kiosk staff
GET    /v1/tickets/{id}                       booking                 pc mobile kiosk bank staff
POST   /v1/service-points/{code}/windows/{window}/calls booking       staff
POST   /v1/tickets/{id}/start                 booking                 staff
POST   /v1/tickets/{id}/finish                booking                 staff
POST   /v1/tickets/{id}/skip                  booking                 staff
POST   /v1/tickets/{id}/recall                booking                 staff

GET    /v1/licenses                           license                 pc mobile kiosk
GET    /v1/licenses/{id}                      license                 pc mobile kiosk
GET    /v1/licenses/{id}/document             license                 pc mobile kiosk
GET    /v1/licenses/{id}/preview              license                 pc mobile kiosk
GET    /v1/licenses/{id}/reads                license                 pc mobile kiosk
GET    /v1/material-proofs                    license                 pc mobile kiosk
POST!  /v1/consents                           license                 pc mobile kiosk
GET    /v1/consents                           license                 pc mobile kiosk
POST   /v1/consents/{id}/revocation           license                 pc mobile kiosk
POST   /v1/license-verifications              license:/v1/verifications bank
POST   /v1/public-license-verifications       license:/v1/public-verifications public pc mobile kiosk bank

POST!  /v1/seals                              seal                    staff
GET    /v1/seals                              seal                    staff
GET    /v1/seals/{code}                       seal                    staff
GET    /v1/seals/{code}/picture               seal                    staff
POST   /v1/seals/{code}/approval              seal                    staff
POST   /v1/seals/{code}/freeze                seal                    staff
POST   /v1/seals/{code}/unfreeze              seal                    staff
POST   /v1/seals/{code}/revocation            seal                    staff
GET    /v1/seal-audit                         seal:/v1/audit          staff
POST   /v1/seal-audit/verification            seal:/v1/audit/verification staff
POST   /v1/document-verifications             seal:/v1/verifications  public pc mobile kiosk bank staff

GET    /v1/ratings                            complaint               pc mobile kiosk
POST!  /v1/ratings/{id}/submission            complaint               pc mobile kiosk
POST!  /v1/cases                              complaint               public pc mobile kiosk
GET    /v1/cases                              complaint               pc mobile staff
GET    /v1/cases/{id}                         complaint               pc mobile staff
POST   /v1/cases/{id}/confirmation            complaint               pc mobile
POST   /v1/cases/{id}/reopening               complaint               pc mobile
POST   /v1/cases/{id}/dispatch                complaint               staff
POST   /v1/cases/{id}/acceptance              complaint               staff
POST   /v1/cases/{id}/start                   complaint               staff
POST   /v1/cases/{id}/resolution              complaint               staff
POST   /v1/cases/{id}/return                  complaint               staff

POST   /v1/sessions                           gateway                 kiosk bank
DELETE /v1/sessions/current                   gateway                 kiosk bank
GET    /v1/inbox                              gateway                 pc mobile
POST   /v1/partners                           gateway                 staff
POST   /v1/devices                            gateway                 staff
POST   /v1/revoked-tokens                     gateway                 staff
"""
