"""Which operation each channel may reach. Services decide what a caller may do; this table what may be asked.

One line per operation: method, external path (after `/{channel}`), service and, where it differs, the
service's own path, then the channels. After the method, `!` is a creating request, which needs an
Idempotency-Key from banks and terminals; `*` an answer that is the same for everybody on a channel and kept
until the catalogue changes; `~` an answer that goes on (server-sent events). `staff` are clerks, officers,
keepers and handlers; they come in on `/staff` or `/pc`.
"""

TABLE = """
GET*   /v1/items                              catalog                 public pc mobile kiosk bank staff
GET*   /v1/items/suggestions                  catalog                 public pc mobile kiosk bank staff
GET*   /v1/items/facets                       catalog                 public pc mobile kiosk bank staff
GET*   /v1/items/elements                     catalog                 public pc mobile kiosk bank staff
GET*   /v1/items/{code}                       catalog                 public pc mobile kiosk bank staff
GET*   /v1/items/{code}/guide                 catalog                 public pc mobile kiosk bank staff
GET*   /v1/items/{code}/flow-chart            catalog                 public pc mobile kiosk bank staff
GET    /v1/items/{code}/versions              catalog                 staff
GET    /v1/items/{code}/versions/{version}    catalog                 staff
GET    /v1/items/{code}/diff                  catalog                 staff
POST   /v1/items/{code}/suspension            catalog                 staff
POST   /v1/items/{code}/resumption            catalog                 staff
POST   /v1/items/{code}/withdrawal            catalog                 staff
POST!  /v1/item-drafts                        catalog                 staff
GET    /v1/item-drafts                        catalog                 staff
GET    /v1/item-drafts/{id}                   catalog                 staff
PUT    /v1/item-drafts/{id}                   catalog                 staff
GET    /v1/item-drafts/{id}/diff              catalog                 staff
POST   /v1/item-drafts/{id}/submission        catalog                 staff
POST   /v1/item-drafts/{id}/return            catalog                 staff
POST   /v1/item-drafts/{id}/approval          catalog                 staff
POST   /v1/item-drafts/{id}/discard           catalog                 staff
POST   /v1/item-drafts/approvals              catalog                 staff
POST   /v1/catalogue-imports                  catalog                 staff
GET    /v1/catalogue-export                   catalog                 staff
GET    /v1/synonyms                           catalog                 staff
PUT    /v1/synonyms/{word}                    catalog                 staff
GET*   /v1/bundles                            catalog                 public pc mobile kiosk bank staff
GET*   /v1/bundles/{code}                     catalog                 public pc mobile kiosk bank staff
GET*   /v1/bundles/{code}/questions           catalog                 public pc mobile kiosk bank staff
POST   /v1/bundles/{code}/plans               catalog                 public pc mobile kiosk bank staff
GET    /v1/items/{code}/start                 gateway                 pc mobile kiosk
GET*   /v1/divisions                          catalog                 public pc mobile kiosk bank staff
GET*   /v1/departments                        catalog                 public pc mobile kiosk bank staff
GET*   /v1/service-points                     catalog                 public pc mobile kiosk bank staff
GET*   /v1/service-points/{code}              catalog                 public pc mobile kiosk bank staff
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
POST   /v1/application-prechecks              catalog                 pc mobile kiosk bank staff
GET    /v1/applications/counts                catalog                 pc mobile kiosk bank staff
GET    /v1/applications/{id}/tasks            catalog                 pc mobile kiosk staff
GET    /v1/applications/{id}/dossier          catalog                 pc mobile staff
GET    /v1/applications/{id}/attachments/{file} catalog               pc mobile staff
GET    /v1/applications/{id}/receipts         catalog                 pc mobile kiosk bank staff
GET    /v1/applications/{id}/receipts/{kind}  catalog                 pc mobile kiosk bank staff
GET    /v1/applications/{id}/delivery         catalog                 pc mobile kiosk staff
POST   /v1/applications/{id}/delivery/pickup-code catalog             pc mobile kiosk
POST   /v1/applications/{id}/delivery/pickup  catalog                 staff
POST   /v1/applications/{id}/delivery/label   catalog                 staff
POST   /v1/applications/{id}/delivery/parcel  catalog                 staff
POST   /v1/applications/{id}/delivery/receipt catalog                 pc mobile
POST   /v1/applications/{id}/transfer         catalog                 staff
POST   /v1/applications/{id}/clock-stop       catalog                 staff
POST   /v1/applications/{id}/clock-start      catalog                 staff
POST   /v1/applications/{id}/notes            catalog                 staff
GET    /v1/applications/{id}/exchange         catalog                 staff
GET    /v1/tasks                              catalog                 staff
POST   /v1/tasks/{id}/start                   catalog                 staff
POST   /v1/tasks/{id}/approval                catalog                 staff
POST   /v1/tasks/{id}/refusal                 catalog                 staff
POST   /v1/tasks/{id}/transfer                catalog                 staff
POST!  /v1/attachments                        catalog                 pc mobile kiosk staff
GET    /v1/attachments                        catalog                 pc mobile kiosk
GET    /v1/attachments/{id}                   catalog                 pc mobile kiosk
POST!  /v1/drafts                             catalog                 pc mobile kiosk bank
GET    /v1/drafts                             catalog                 pc mobile kiosk bank
GET    /v1/drafts/{id}                        catalog                 pc mobile kiosk bank
PUT    /v1/drafts/{id}                        catalog                 pc mobile kiosk bank
DELETE /v1/drafts/{id}                        catalog                 pc mobile kiosk bank
POST!  /v1/drafts/{id}/submission             catalog                 pc mobile kiosk bank
POST!  /v1/window/acceptances                 catalog                 staff
POST   /v1/window/persons                     catalog                 staff
POST   /v1/window/overview                    gateway                 staff
POST!  /v1/exchange/transfers                 catalog                 bank
POST   /v1/exchange/statuses                  catalog                 bank
POST   /v1/enrolment-runs                     catalog                 staff
GET    /v1/enrolment-runs/{id}                catalog                 staff
POST   /v1/enrolment-runs/{id}/pupils         catalog                 staff
GET    /v1/enrolment-runs/{id}/pupils         catalog                 staff
GET    /v1/enrolments                         catalog                 pc mobile
POST   /v1/enrolments                         catalog                 pc mobile
POST   /v1/enrolments/{id}/placement          catalog                 staff
POST   /v1/enrolments/{id}/decline            catalog                 staff
GET    /v1/case-audit                         catalog:/v1/audit-records staff
POST   /v1/case-audit/verification            catalog:/v1/audit-records/verification staff
GET    /v1/my-page                            gateway                 pc mobile
GET    /v1/service-points/{code}/overview     gateway                 public pc mobile kiosk bank staff
GET    /v1/indicators                         gateway                 public pc mobile staff
GET    /v1/indicators/page                    gateway                 public

GET    /v1/service-points/{code}/slots        booking                 public pc mobile kiosk bank staff
GET    /v1/service-points/{code}/board        booking                 public pc mobile kiosk bank staff
POST!  /v1/appointments                       booking                 pc mobile kiosk bank
GET    /v1/appointments                       booking                 pc mobile kiosk bank
GET    /v1/appointments/{id}                  booking                 pc mobile kiosk bank
POST   /v1/appointments/{id}/rescheduling     booking                 pc mobile kiosk bank staff
POST   /v1/appointments/{id}/cancellation     booking                 pc mobile kiosk bank
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
GET    /v1/appointments/{id}/check-in-code    booking                 pc mobile bank
POST!  /v1/check-ins                          booking                 kiosk staff
POST!  /v1/tickets                            booking                 kiosk staff
GET    /v1/tickets                            booking                 pc mobile kiosk bank
GET    /v1/tickets/{id}                       booking                 pc mobile kiosk bank staff
GET~   /v1/tickets/{id}/events                booking                 pc mobile kiosk bank staff
GET    /v1/tickets/{id}/history               booking                 staff
POST   /v1/tickets/{id}/leave                 booking                 pc mobile kiosk
GET~   /v1/service-points/{code}/board/events booking                 public pc mobile kiosk bank staff
GET    /v1/service-points/{code}/board/page   booking                 public
GET    /v1/board-assets/{name}                booking                 public
GET    /v1/service-points/{code}/diversions   booking                 public pc mobile kiosk bank staff
GET    /v1/service-points/{code}/windows      booking                 staff
POST   /v1/service-points/{code}/windows/{window}/opening booking     staff
POST   /v1/service-points/{code}/windows/{window}/pause booking       staff
POST   /v1/service-points/{code}/windows/{window}/resumption booking  staff
POST   /v1/service-points/{code}/windows/{window}/closing booking     staff
POST   /v1/service-points/{code}/windows/{window}/calls booking       staff
POST   /v1/tickets/{id}/start                 booking                 staff
POST   /v1/tickets/{id}/finish                booking                 staff
POST   /v1/tickets/{id}/skip                  booking                 staff
POST   /v1/tickets/{id}/recall                booking                 staff
POST   /v1/tickets/{id}/return                booking                 staff
POST   /v1/tickets/{id}/transfer              booking                 staff
GET    /v1/service-points/{code}/hall-policy  booking                 staff
PUT    /v1/service-points/{code}/hall-policy  booking                 staff
POST   /v1/service-points/{code}/day-closing  booking                 staff
GET    /v1/service-points/{code}/day-report   booking                 staff
GET    /v1/service-points/{code}/day-report/workbook booking          staff
GET    /v1/day-reports                        booking                 staff
GET    /v1/day-reports/workbook               booking                 staff

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
POST   /v1/seal-previews                      seal                    staff
GET    /v1/seals/{code}                       seal                    staff
GET    /v1/seals/{code}/picture               seal                    staff
GET    /v1/seals/{code}/file                  seal                    staff
POST   /v1/seals/{code}/approval              seal                    staff
POST   /v1/seals/{code}/refusal               seal                    staff
POST   /v1/seals/{code}/freeze                seal                    staff
POST   /v1/seals/{code}/unfreeze              seal                    staff
POST   /v1/seals/{code}/revocation            seal                    staff
POST!  /v1/seals/{code}/grants                seal                    staff
GET    /v1/seals/{code}/grants                seal                    staff
POST   /v1/seals/{code}/grants/{id}/end       seal                    staff
POST   /v1/sealed-documents                   seal:/v1/documents      staff
POST   /v1/digest-signatures                  seal                    staff
POST!  /v1/seal-batches                       seal:/v1/batches        staff
GET    /v1/seal-batches/{id}                  seal:/v1/batches/{id}   staff
POST!  /v1/seal-batches/{id}/documents        seal:/v1/batches/{id}/documents staff
GET    /v1/seal-batches/{id}/documents        seal:/v1/batches/{id}/documents staff
GET    /v1/seal-batches/{id}/documents/{number} seal:/v1/batches/{id}/documents/{number} staff
POST   /v1/seal-batches/{id}/start            seal:/v1/batches/{id}/start staff
POST   /v1/seal-batches/{id}/cancellation     seal:/v1/batches/{id}/cancellation staff
GET    /v1/seal-audit                         seal:/v1/audit          staff
POST   /v1/seal-audit/verification            seal:/v1/audit/verification staff
POST   /v1/document-verifications             seal:/v1/verifications  public pc mobile kiosk bank staff
GET    /v1/revocation-list                    seal                    public pc mobile kiosk bank staff
GET    /v1/authority-certificates             seal                    public pc mobile kiosk bank staff
GET    /v1/pdf-revocation-list                seal                    public pc mobile kiosk bank staff
GET    /v1/pdf-authority-certificate          seal                    public pc mobile kiosk bank staff

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
GET    /v1/inbox                              gateway                 pc mobile staff
GET~   /v1/inbox/stream                       gateway                 pc mobile staff
POST   /v1/inbox/read                         gateway                 pc mobile staff
POST   /v1/inbox/{id}/read                    gateway                 pc mobile staff
GET    /v1/notification-preferences           gateway                 pc mobile
PUT    /v1/notification-preferences           gateway                 pc mobile

GET    /v1/me                                 gateway                 bank
GET    /v1/me/usage                           gateway                 bank
GET    /v1/events                             gateway                 bank
POST   /v1/events/acknowledgement             gateway                 bank
GET    /v1/reconciliations                    gateway                 bank
GET    /v1/reconciliations/{day}              gateway                 bank
PUT    /v1/webhook                            gateway                 bank
POST!  /v1/sandbox-events                     gateway                 bank
POST   /v1/sandbox-reset                      gateway                 bank
GET    /v1/webhook-keys                       gateway                 public bank

POST   /v1/partners                           gateway                 staff
GET    /v1/partners                           gateway                 staff
GET    /v1/partners/{code}                    gateway                 staff
PUT    /v1/partners/{code}                    gateway                 staff
POST   /v1/partners/{code}/keys               gateway                 staff
POST   /v1/partners/{code}/keys/{key_id}/retirement gateway           staff
POST   /v1/partners/{code}/suspension         gateway                 staff
POST   /v1/partners/{code}/reinstatement      gateway                 staff
GET    /v1/partners/{code}/audit              gateway                 staff
GET    /v1/partners/{code}/usage              gateway                 staff
GET    /v1/partners/{code}/usage.xlsx         gateway                 staff
GET    /v1/partners/{code}/deliveries         gateway                 staff
GET    /v1/partners/{code}/dead-letters       gateway                 staff
POST   /v1/partners/{code}/dead-letters/replay gateway                staff
POST   /v1/partners/{code}/webhook/reactivation gateway               staff
GET    /v1/partners/{code}/reconciliations    gateway                 staff
GET    /v1/partners/{code}/reconciliations/{day} gateway              staff
POST   /v1/partners/{code}/sandbox-reset      gateway                 staff
GET    /v1/partner-notices                    gateway                 staff

POST   /v1/device-enrolments                  gateway                 staff
POST   /v1/device-enrolments/use              gateway                 public
GET    /v1/devices                            gateway                 staff
GET    /v1/devices/{code}                     gateway                 staff
POST   /v1/devices/{code}/disablement         gateway                 staff
POST   /v1/devices/{code}/enablement          gateway                 staff
GET    /v1/devices/{code}/audit               gateway                 staff
POST   /v1/heartbeat                          gateway                 kiosk
GET    /v1/receipts/tickets/{id}              gateway                 kiosk
GET    /v1/receipts/applications/{id}         gateway                 kiosk
POST   /v1/revoked-tokens                     gateway                 staff
"""
