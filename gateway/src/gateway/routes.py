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

GET    /v1/ratings                            complaint               pc mobile kiosk bank
POST!  /v1/ratings/{id}/submission            complaint               pc mobile kiosk bank
POST   /v1/ratings/{id}/appeal                complaint               staff
POST   /v1/ratings/{id}/review                complaint               staff
GET    /v1/ratings-to-review                  complaint               staff
GET    /v1/rating-tags                        complaint               public pc mobile kiosk bank staff
GET    /v1/rating-rates                       complaint               staff
GET    /v1/case-kinds                         complaint               public pc mobile kiosk bank staff
PUT    /v1/case-kinds/{code}                  complaint               staff
GET    /v1/case-categories                    complaint               staff
POST   /v1/triage-suggestions                 complaint               staff
GET    /v1/routing-rules                      complaint               staff
PUT    /v1/routing-rules                      complaint               staff
POST   /v1/routing-rules/trial                complaint               staff
POST!  /v1/cases                              complaint               public pc mobile kiosk bank staff
GET    /v1/cases                              complaint               pc mobile kiosk bank staff
GET    /v1/cases/{id}                         complaint               pc mobile kiosk bank staff
POST!  /v1/cases/{id}/attachments             complaint               public pc mobile kiosk bank staff
GET    /v1/cases/{id}/attachments             complaint               public pc mobile kiosk bank staff
GET    /v1/cases/{id}/attachments/{attachment} complaint              public pc mobile kiosk staff
POST   /v1/cases/{id}/supplement              complaint               pc mobile kiosk bank
POST   /v1/cases/{id}/confirmation            complaint               pc mobile kiosk bank
POST   /v1/cases/{id}/reopening               complaint               pc mobile kiosk bank
POST   /v1/cases/{id}/withdrawal              complaint               pc mobile kiosk bank
GET    /v1/tracked-case                       complaint               public pc mobile kiosk
POST   /v1/tracked-case/supplement            complaint               public pc mobile kiosk
POST   /v1/tracked-case/confirmation          complaint               public pc mobile kiosk
POST   /v1/tracked-case/reopening             complaint               public pc mobile kiosk
GET    /v1/worklist                           complaint               staff
GET    /v1/cases/{id}/similar                 complaint               staff
POST   /v1/cases/{id}/triage                  complaint               staff
POST   /v1/cases/{id}/dispatch                complaint               staff
POST   /v1/cases/{id}/return                  complaint               staff
POST   /v1/cases/{id}/transfer                complaint               staff
POST   /v1/cases/{id}/acceptance              complaint               staff
POST   /v1/cases/{id}/start                   complaint               staff
POST   /v1/cases/{id}/resolution              complaint               staff
POST   /v1/cases/{id}/replies                 complaint               staff
POST   /v1/cases/{id}/notes                   complaint               staff
POST   /v1/cases/{id}/co-handlers             complaint               staff
POST   /v1/cases/{id}/opinion                 complaint               staff
POST   /v1/cases/{id}/extension               complaint               staff
POST   /v1/cases/{id}/extension-decision      complaint               staff
POST   /v1/cases/{id}/supervision             complaint               staff
POST   /v1/cases/{id}/supervision-answer      complaint               staff
POST   /v1/cases/{id}/tracking                complaint               staff
POST   /v1/cases/{id}/tracking-end            complaint               staff
POST   /v1/cases/{id}/verification            complaint               staff
POST   /v1/cases/{id}/call-back               complaint               staff
POST   /v1/cases/{id}/closing                 complaint               staff
POST   /v1/cases/{id}/merge                   complaint               staff
POST   /v1/cases/{id}/contact                 complaint               staff
POST   /v1/cases/{id}/forwarding              complaint               staff
GET    /v1/exchange-messages                  complaint               staff
POST!  /v1/area-batches                       complaint               staff
GET    /v1/area-batches/{id}                  complaint               staff
GET    /v1/area-batches/{id}/persons          complaint               staff
GET    /v1/area-batches/{id}/sheet            complaint               staff
POST   /v1/area-batches/{id}/completion       complaint               staff
POST   /v1/area-batches/{id}/split            complaint               staff
POST   /v1/area-batches/{id}/results          complaint               staff
POST   /v1/area-batches/{id}/report           complaint               staff
GET    /v1/digests/{day}                      complaint               staff
GET    /v1/digests/{day}/page                 complaint               staff
GET    /v1/digests/{day}/sheet                complaint               staff
PUT    /v1/digest-subscription                complaint               staff
DELETE /v1/digest-subscription                complaint               staff
GET    /v1/complaint-audit                    complaint:/v1/audit     staff
POST   /v1/complaint-audit/verification       complaint:/v1/audit/verification staff
GET    /v1/complaint-indicators               complaint:/v1/indicators staff

POST   /v1/sessions                           gateway                 kiosk bank
DELETE /v1/sessions/current                   gateway                 kiosk bank
GET    /v1/inbox                              gateway                 pc mobile
POST   /v1/partners                           gateway                 staff
POST   /v1/devices                            gateway                 staff
POST   /v1/revoked-tokens                     gateway                 staff
"""
