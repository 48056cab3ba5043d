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
POST!  /v1/appointments                       booking                 pc mobile kiosk bank
GET    /v1/appointments                       booking                 pc mobile kiosk bank
GET    /v1/appointments/{id}                  booking                 pc mobile kiosk bank
POST   /v1/appointments/{id}/cancellation     booking                 pc mobile kiosk bank
POST!  /v1/check-ins                          booking                 kiosk staff
POST!  /v1/tickets                            booking                 kiosk staff
GET    /v1/tickets/{id}                       booking                 pc mobile kiosk bank staff
POST   /v1/service-points/{code}/windows/{window}/calls booking       staff
POST   /v1/tickets/{id}/start                 booking                 staff
POST   /v1/tickets/{id}/finish                booking                 staff
POST   /v1/tickets/{id}/skip                  booking                 staff
POST   /v1/tickets/{id}/recall                booking                 staff

GET    /v1/license-types                      license                 public pc mobile kiosk bank staff
GET    /v1/license-types/{code}               license                 public pc mobile kiosk bank staff
GET    /v1/licenses                           license                 pc mobile kiosk
GET    /v1/licenses/{id}                      license                 pc mobile kiosk
GET    /v1/licenses/{id}/document             license                 pc mobile kiosk
GET    /v1/licenses/{id}/preview              license                 pc mobile kiosk
GET    /v1/licenses/{id}/pdf                  license                 pc mobile kiosk
GET    /v1/licenses/{id}/reads                license                 pc mobile kiosk
GET    /v1/material-proofs                    license                 pc mobile kiosk
POST!  /v1/consents                           license                 pc mobile kiosk
GET    /v1/consents                           license                 pc mobile kiosk
POST   /v1/consents/{id}/revocation           license                 pc mobile kiosk
POST!  /v1/delegations                        license                 pc mobile
GET    /v1/delegations                        license                 pc mobile
GET    /v1/delegations/{id}/license           license                 pc mobile
POST   /v1/delegations/{id}/acceptance        license                 pc mobile
POST   /v1/delegations/{id}/refusal           license                 pc mobile
POST   /v1/delegations/{id}/revocation        license                 pc mobile
POST   /v1/presentations                      license                 pc mobile
POST   /v1/scans                              license                 pc mobile bank staff
GET    /v1/presentation-keys                  license                 public pc mobile kiosk bank staff
GET    /v1/status-lists/{number}              license                 public pc mobile kiosk bank staff
POST   /v1/license-verifications              license:/v1/verifications bank
POST   /v1/department-reads                   license                 staff
POST   /v1/holding-reads                      license                 staff
GET    /v1/legal-grounds                      license                 bank staff
POST   /v1/public-license-verifications       license:/v1/public-verifications public pc mobile kiosk bank
GET    /v1/license-checks/{number}/{code}     license                 public pc mobile kiosk bank staff
POST   /v1/license-file-verifications         license:/v1/file-verifications public pc mobile bank staff
POST   /v1/license-numbers                    license                 public pc mobile kiosk bank staff
GET    /v1/department-licenses                license                 staff
POST   /v1/department-licenses/{id}/cancellation license              staff
POST!  /v1/license-decisions                  license                 staff
GET    /v1/license-decisions                  license                 staff
GET    /v1/license-decisions/{id}             license                 staff
POST   /v1/license-decisions/{id}/approval    license                 staff
POST   /v1/license-decisions/{id}/rejection   license                 staff
POST!  /v1/license-imports                    license                 staff
GET    /v1/license-imports                    license                 staff
GET    /v1/license-imports/columns/{code}     license                 staff
GET    /v1/license-imports/{id}               license                 staff
PUT    /v1/license-imports/{id}/parts/{number} license                staff
POST   /v1/license-imports/{id}/submission    license                 staff
POST   /v1/license-imports/{id}/approval      license                 staff
POST   /v1/license-imports/{id}/rejection     license                 staff
GET    /v1/license-imports/{id}/errors        license                 staff
GET    /v1/exchange-reports                   license                 staff
POST   /v1/provincial-lookups                 license                 staff
GET    /v1/license-indicators                 license:/v1/indicators  staff
GET    /v1/license-audit                      license:/v1/audit       staff
POST   /v1/license-audit/verification         license:/v1/audit/verification staff

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
