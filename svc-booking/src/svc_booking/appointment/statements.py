"""The two statements of the counter, for any number of orders at once."""

from svc_booking.appointment.store import STANDING

# What is known of the persons, and whether a request with this key was answered before.
FACTS = f"""
SELECT (SELECT k.request_hash FROM idempotency_key k WHERE k.scope = r.scope AND k.key = r.key) AS earlier,
       s.*
FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::timestamptz[], $6::text[],
            $7::text[]) WITH ORDINALITY
     AS r (person_id, group_code, day_at, no_show_since, late_since, scope, key, ord)
CROSS JOIN LATERAL ({STANDING}) AS s
ORDER BY r.ord
"""  # noqa: S608 - made of constants only

_ORDERS = """
WITH req AS (
    SELECT * FROM unnest(
        $1::uuid[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
        $9::timestamptz[], $10::text[], $11::timestamptz[], $12::int[], $13::text[], $14::bool[], $15::bool[],
        $16::bool[], $17::text[], $18::uuid[], $19::timestamptz[], $20::uuid[], $21::text[], $22::text[],
        $23::text[], $24::text[], $25::bytea[], $26::smallint[], $27::bytea[], $28::text[], $29::smallint[]
    ) WITH ORDINALITY AS r (
        id, slot_id, person_id, item_code, item_codes, service_point, service_point_name, group_code,
        starts_at, channel, booked_at, party_size, place_class, is_green, is_home_visit, is_extended,
        booked_by, hold_id, now, event_id, event_type, envelope, scope, key, request_hash, status, body,
        partner, day_number, ord)
)"""

# Takes the places. The slots are locked in one order, each with its newest counts; within a slot who came
# first is granted first, as long as places last that are not kept for another class. One class of a slot with
# quotas is served at a time, so that what is kept for others stays the same meanwhile.
_TAKE = """, open_slot AS (
    SELECT s.id, s.capacity - s.taken AS free, s.reserved, s.used, s.quota_until
    FROM slot s WHERE s.id = ANY ($2) AND s.taken < s.capacity AND s.closed_at IS NULL
    ORDER BY s.id FOR NO KEY UPDATE
), asked AS (
    SELECT r.*, o.free,
           CASE WHEN o.reserved IS NOT NULL AND o.reserved ? r.place_class THEN r.place_class ELSE '' END
               AS class,
           CASE WHEN o.reserved IS NULL THEN 0
                ELSE slot_held_back(o.reserved, o.used, o.quota_until, r.now, r.place_class) END AS kept
    FROM req r JOIN open_slot o ON o.id = r.slot_id
), ranked AS (
    SELECT a.*, first_value(class) OVER (PARTITION BY slot_id ORDER BY ord) = class AS is_first,
           sum(party_size) OVER (PARTITION BY slot_id, class ORDER BY ord ROWS UNBOUNDED PRECEDING) AS upto
    FROM asked a
), granted AS (
    SELECT * FROM ranked WHERE is_first AND upto <= free - kept
), placed AS (
    UPDATE slot SET taken = taken + g.places, used = slot_used(reserved, used, g.class, g.places)
    FROM (SELECT slot_id, class, sum(party_size)::int AS places FROM granted GROUP BY slot_id, class) AS g
    WHERE slot.id = g.slot_id AND slot.taken + g.places <= slot.capacity RETURNING slot.id
)"""

# Turns held places into booked ones: whoever changes the hold's row first, confirmation or expiry, has it.
_CONFIRM = """, placed AS (
    UPDATE hold SET status = 'confirmed', ended_at = r.now FROM req r
    WHERE hold.id = r.hold_id AND hold.person_id = r.person_id AND hold.slot_id = r.slot_id
      AND hold.places = r.party_size AND hold.status = 'held' AND hold.expires_at > r.now
    RETURNING hold.id AS hold_id, hold.slot_id AS id
), granted AS (
    SELECT * FROM req WHERE hold_id IN (SELECT hold_id FROM placed)
), accepted AS (
    UPDATE waitlist_entry SET status = 'accepted'
    WHERE hold_id IN (SELECT hold_id FROM placed) AND status = 'offered'
)"""

# Nothing of an appointment is written unless its places were taken.
_WRITE = """, booked AS (
    INSERT INTO appointment (id, slot_id, person_id, item_code, item_codes, service_point, service_point_name,
                             group_code, starts_at, channel, booked_at, status, party_size, place_class,
                             is_green, is_home_visit, is_extended, booked_by, partner, day_number)
    SELECT id, slot_id, person_id, item_code, string_to_array(item_codes, E'\\n'), service_point,
           service_point_name, group_code, starts_at, channel, booked_at, 'booked', party_size, place_class,
           is_green, is_home_visit, is_extended, booked_by, partner, day_number
    FROM granted WHERE slot_id IN (SELECT id FROM placed) RETURNING id
), reminded AS (
    INSERT INTO reminder (id, appointment_id, ahead, due_at)
    SELECT m.id, booked.id, m.ahead, m.due_at
    FROM unnest($30::uuid[], $31::uuid[], $32::text[], $33::timestamptz[])
         AS m (id, appointment_id, ahead, due_at)
    JOIN booked ON booked.id = m.appointment_id
), told AS (
    INSERT INTO outbox (id, type, envelope, created_at)
    SELECT event_id, event_type, envelope, now() FROM granted WHERE id IN (SELECT id FROM booked)
), kept AS (
    INSERT INTO idempotency_key (scope, key, request_hash, status, body, created_at)
    SELECT scope, key, request_hash, status, body, now()
    FROM granted WHERE key IS NOT NULL AND id IN (SELECT id FROM booked)
)"""

# How each order fared, and of a slot that gave nothing whether it is closed or has holds that ran out.
_TAKE_END = """
SELECT booked.id IS NOT NULL AS is_booked, ranked.free::int AS free, ranked.kept::int AS kept,
       ranked.is_first,
       s.closed_at IS NOT NULL AS is_closed,
       booked.id IS NULL AND EXISTS (
           SELECT 1 FROM hold h WHERE h.slot_id = req.slot_id AND h.status = 'held'
                                        AND h.expires_at <= req.now
       ) AS has_expired
FROM req
JOIN slot s ON s.id = req.slot_id
LEFT JOIN ranked ON ranked.id = req.id
LEFT JOIN booked ON booked.id = req.id
ORDER BY req.ord
"""
_CONFIRM_END = """
SELECT booked.id IS NOT NULL AS is_booked FROM req LEFT JOIN booked ON booked.id = req.id ORDER BY req.ord
"""

TAKE = _ORDERS + _TAKE + _WRITE + _TAKE_END
CONFIRM = _ORDERS + _CONFIRM + _WRITE + _CONFIRM_END
