-- Captures and releases as 0056_flat_authorize.sql asks: in flat variables, and in few statements. In the place of those of
-- 0007_authorize.sql, whose rule they keep; it is that of app/domain/authorizations.py and reservations.py, and tests hold
-- them against these.
--
-- Each statement reads what was committed when it began. The first proves the key and locks the customer's row of
-- `spending`; of the hold it takes what never changes. The second reads what the lock protects; then come the writes.

drop function purser_release(text, text, text, timestamptz, purser_terms);
drop function purser_capture(text, text, text, bigint, bigint, boolean, text, text, timestamptz, purser_terms);
drop function purser_use(text, text, text, text, bigint, bigint, bigint, purser_funds);
drop function purser_write(text, text, purser_reservation, numeric, boolean, bigint, purser_funds, purser_terms);
drop function purser_judge(purser_funds, numeric, boolean);
drop function purser_available(purser_funds);
drop function purser_room(purser_funds);
drop function purser_has_ended(text, purser_funds);
drop function purser_look(text, text, text, purser_terms, timestamptz);
drop type purser_funds;

-- How much the credit leaves beside what is held, whatever the day leaves of it.
create function purser_room(standing text, funds bigint, overage bigint, held numeric) returns numeric
language sql immutable as $$
    select case when standing in ('good', 'past_due')
        then greatest(0, greatest(0, funds) + greatest(0, overage - greatest(0, -funds)) - held) else 0 end
$$;

-- The most that the held units of a meter can cost. A catalog that has the meter no longer (`each` null) asks nothing.
create function purser_reserves(
    used numeric, held numeric, outlasting numeric, allowance bigint, each bigint[], up_to bigint[], per bigint
) returns numeric language plpgsql immutable as $$
begin
    if held = 0 or each is null then return 0; end if;
    if outlasting > 0 then
        return purser_reserved(row(used, held, outlasting)::purser_reservation,
            row(null, null, null, null, null, null, allowance, null, each, up_to, per)::purser_terms);
    end if;
    return purser_price(used + held, allowance, each, up_to, per) - purser_price(used, allowance, each, up_to, per);
end $$;

-- Capture `units` (or `wanted` micros) of a hold; neither: all that is left. With `keep` the rest stays held. With an
-- `event_key` it is done once: the key is the id of its usage event, and `request_digest` is what was asked with it.
create function purser_capture(
    key_id text, key_hash text, hold_id text, units bigint, wanted bigint, keep boolean, event_key text,
    request_digest text, asked_at timestamptz, catalog_name text, catalog_number bigint, plan_key text, period bigint,
    at_invoice boolean, usual_limit bigint, allowance bigint, plan_limit bigint, each bigint[], up_to bigint[], per bigint,
    out outcome text, out why text, out retry bigint, out left_over bigint, out used_micros bigint,
    out its_quantity bigint, out its_micros bigint, out its_state text, out its_reason text, out its_retry bigint,
    out its_available bigint, out captured bigint, out captured_units bigint, out times bigint, out made_at timestamptz,
    out expiry timestamptz
) language plpgsql as $$
declare
    whose text; of_meter text; unposted bigint; held numeric; is_unnoted boolean := false;
    waited interval; moment timestamptz; today date;
    its_standing text; its_catalog text; its_version bigint; its_plan text; its_period bigint; overage bigint;
    ends_at timestamptz; booked bigint; used_today bigint; has_day boolean; day_limit bigint; is_due boolean;
    is_over boolean; earlier text; used numeric := 0; held_units numeric := 0; outlasting numeric := 0;
    reserved bigint := 0; before numeric := 0; reserves numeric := 0; change numeric; cost numeric; adds numeric;
    spare bigint; spare_units bigint; freed bigint; promised boolean; ends boolean; event_id text;
begin
    if current_user <> 'purser_service' then perform set_config('role', 'purser_service', true); end if;
    perform set_config('lock_timeout', '4s', true);
    -- A good key and the lock. Whoever has no good key gets no lock, and is told why below.
    if key_id is null then
        select a.customer_id, a.meter, a.created_at, s.unposted_micros, s.held_micros
        into whose, of_meter, made_at, unposted, held
        from authorizations a join spending s on s.customer_id = a.customer_id
        where a.id = hold_id
        for update of s;
    else
        select a.customer_id, a.meter, a.created_at, s.unposted_micros, s.held_micros,
            k.last_used_at is null or k.last_used_at <= asked_at - interval '1 hour'
        into whose, of_meter, made_at, unposted, held, is_unnoted
        from api_keys k
        join authorizations a on a.id = hold_id
        join spending s on s.customer_id = a.customer_id
        where k.id = key_id and k.secret_hash = key_hash and k.revoked_at is null
            and (k.expires_at is null or k.expires_at > asked_at)
            and string_to_array(k.scopes, ' ') && array['all', 'usage:write']
            and (k.customer_id is null or k.customer_id = a.customer_id)
        for update of s;
    end if;
    if unposted is null then
        outcome := coalesce(nullif(purser_key(key_id, key_hash,
            (select a.customer_id from authorizations a where a.id = hold_id), asked_at), ''), 'not_found');
        return;
    end if;
    if is_unnoted then perform purser_key(key_id, key_hash, whose, asked_at); end if;
    -- A process whose clock lags behind the one that made the hold must not count it for the day before. What was spent
    -- waiting for the lock is added, so that a call that waits over midnight counts for the day it was accepted on.
    waited := clock_timestamp() - statement_timestamp();
    moment := greatest(asked_at, made_at) + case when waited > interval '100 milliseconds' then waited else interval '0' end;
    today := (moment at time zone 'UTC')::date;
    select c.standing, c.catalog, c.catalog_version, c.plan, c.overage_protection_micros, p.number, p.ends_at, a.balance,
        d.used_micros, d.customer_id is not null,
        case when l.customer_id is null then usual_limit when l.enabled then l.daily_limit_micros end,
        h.quantity, h.micros, h.state, h.reason, h.retry_after_seconds, h.available_after_micros, h.captured_micros,
        h.captured_quantity, h.captures, h.expires_at,
        p.ends_at <= moment or exists (
            select from grants g where g.customer_id = whose and g.posted_at is null and g.voided_at is null
                and g.effective_at <= moment),
        (held = 0 or a.balance - unposted + c.overage_protection_micros > held) and exists (
            select from grants g where g.customer_id = whose and g.remaining_micros > 0 and g.expires_at <= moment)
    into its_standing, its_catalog, its_version, its_plan, overage, its_period, ends_at, booked,
        used_today, has_day, day_limit,
        its_quantity, its_micros, its_state, its_reason, its_retry, its_available, captured,
        captured_units, times, expiry, is_due, is_over
    from customers c
    join authorizations h on h.id = hold_id
    join billing_periods p on p.customer_id = c.customer_id and p.closed_at is null
    join accounts a on a.customer_id = c.customer_id and a.unit = 'credits:' || c.credit_unit and a.name = 'credits'
    left join balance_days d on d.customer_id = c.customer_id and d.day = today
    left join spend_settings l on l.customer_id = c.customer_id
    where c.customer_id = whose;
    if is_due or (is_over and purser_credit_is_over(whose, held, moment)) then
        outcome := 'catch_up';
        return;
    end if;
    if its_catalog is distinct from catalog_name or its_version is distinct from catalog_number
            or its_plan is distinct from plan_key or its_period is distinct from period then
        outcome := 'stale';
        return;
    end if;
    if of_meter <> '' then
        select t.quantity, t.held_quantity, t.outlasting_quantity, t.reserved_micros
        into used, held_units, outlasting, reserved
        from usage_totals t where t.customer_id = whose and t.period_number = period and t.meter = of_meter;
        if not found then
            used := 0;
            held_units := 0;
            outlasting := 0;
            reserved := 0;
        end if;
        before := purser_reserves(used, held_units, outlasting, allowance, each, up_to, per);
        held := held - reserved + before;
    end if;
    used_today := coalesce(used_today, 0);
    left_over := greatest(0, least(purser_room(its_standing, booked - unposted, overage, held), day_limit - used_today - held));
    if event_key is not null then
        select k.digest, e.micros into earlier, used_micros
        from usage_event_keys k left join usage_events e on e.customer_id = whose and e.id = event_key
        where k.customer_id = whose and k.id = event_key;
        if found then
            outcome := case when earlier = request_digest then 'captured' else 'key_reused' end;
            return;
        end if;
    end if;
    if its_state <> 'held' or expiry <= moment then
        outcome := 'ended';
        return;
    end if;
    spare := greatest(0, its_micros - captured);
    spare_units := greatest(0, its_quantity - captured_units);
    if of_meter = '' then
        units := 0;
        cost := coalesce(wanted, spare);
        promised := cost <= spare;
        ends := not keep or cost >= spare;
        change := -case when ends then spare else cost end;
    else
        units := coalesce(units, spare_units);
        promised := units <= spare_units;
        ends := not keep or units >= spare_units;
        freed := case when ends then spare_units else units end;
        cost := purser_price(used + units, allowance, each, up_to, per) - purser_price(used, allowance, each, up_to, per);
        used := used + units;
        held_units := held_units - freed;
        if expiry > ends_at then outlasting := outlasting - freed; end if;
        reserves := purser_reserves(used, held_units, outlasting, allowance, each, up_to, per);
        change := reserves - before;
    end if;
    -- What was promised is never refused: its place is reserved. Beyond that, all that it adds must be available.
    if not promised then
        if cost > 999999999999999999 then
            outcome := 'too_dear';
            return;
        end if;
        adds := greatest(0, cost + change);
        why := case
            when its_standing = 'closed' then 'closed'
            when its_standing not in ('good', 'past_due') then 'suspended'
            when of_meter <> '' and used + held_units > least(coalesce(plan_limit, 1000000000000000), 1000000000000000)
                then 'plan_limit'
            when adds > purser_room(its_standing, booked - unposted, overage, held) then 'insufficient_credits'
            when adds > left_over then 'daily_limit'
        end;
        if why is not null then
            if (held > 0 or held_units > 0) and exists (
                select from authorizations a where a.state = 'held' and a.expires_at <= moment and a.customer_id = whose
            ) then
                outcome := 'catch_up';
                return;
            end if;
            if why = 'daily_limit' then
                if adds <= day_limit then retry := purser_until_midnight(moment); end if;
                update spending s set dirty = true where s.customer_id = whose;
            end if;
            outcome := 'refused';
            return;
        end if;
    end if;
    used_micros := cost;
    if event_key is not null then
        insert into usage_event_keys (customer_id, id, digest, received_at)
        values (whose, event_key, request_digest, moment);
    end if;
    event_id := coalesce(event_key, case when ends and times = 0 then hold_id else hold_id || ':' || times + 1 end);
    insert into usage_events (customer_id, id, received_at, day, occurred_at, period_number, meter, subject, quantity,
        micros, properties, authorization_id)
    values (whose, event_id, moment, today, moment, period, of_meter, '', units, used_micros, '{}', hold_id);
    update spending s set held_micros = s.held_micros + case when of_meter = '' then change else reserves - reserved end,
        unposted_micros = s.unposted_micros + used_micros, dirty = true
    where s.customer_id = whose;
    update usage_totals t set quantity = used, held_quantity = held_units, outlasting_quantity = outlasting,
        reserved_micros = reserves, micros = t.micros + used_micros
    where t.customer_id = whose and t.period_number = period and t.meter = of_meter;
    if not found then
        insert into usage_totals (customer_id, period_number, meter, quantity, held_quantity, outlasting_quantity,
            reserved_micros, micros)
        values (whose, period, of_meter, used, held_units, outlasting, reserves, used_micros);
    end if;
    update usage_days u set quantity = u.quantity + units, events = u.events + 1, micros = u.micros + used_micros
    where u.customer_id = whose and u.day = today and u.meter = of_meter;
    if not found then
        insert into usage_days (customer_id, day, meter, period_number, quantity, events, micros, posted_micros, postings,
            due_on)
        values (whose, today, of_meter, period, units, 1, used_micros, 0, 0,
            case when at_invoice then (ends_at at time zone 'UTC')::date else today + 1 end);
    end if;
    if used_micros <> 0 then
        if not has_day then
            insert into balance_days (customer_id, day, added_micros, used_micros, closing_micros)
            values (whose, today, 0, 0, coalesce((select x.closing_micros from balance_days x
                where x.customer_id = whose and x.day < today order by x.day desc limit 1), 0));
        end if;
        update balance_days b set used_micros = b.used_micros + case when b.day = today then purser_capture.used_micros else 0 end,
            closing_micros = b.closing_micros - purser_capture.used_micros
        where b.customer_id = whose and b.day >= today;
    end if;
    its_state := case when ends then 'captured' else 'held' end;
    captured := captured + used_micros;
    captured_units := captured_units + units;
    times := times + 1;
    update authorizations h set state = its_state, captured_micros = captured, captured_quantity = captured_units,
        captures = times, ended_at = case when ends then moment end
    where h.id = hold_id;
    outcome := 'captured';
    held := held + change;
    left_over := greatest(0, least(purser_room(its_standing, booked - unposted - used_micros, overage, held),
        day_limit - used_today - used_micros - held));
end $$;

-- Release a hold: nothing more is taken, the rest may be spent by others.
create function purser_release(
    key_id text, key_hash text, hold_id text, asked_at timestamptz, catalog_name text, catalog_number bigint,
    plan_key text, period bigint, allowance bigint, each bigint[], up_to bigint[], per bigint,
    out outcome text, out its_quantity bigint, out its_micros bigint, out its_state text, out its_reason text,
    out its_retry bigint, out its_available bigint, out captured bigint, out captured_units bigint, out times bigint,
    out made_at timestamptz, out expiry timestamptz
) language plpgsql as $$
declare
    whose text; of_meter text; unposted bigint; held numeric; is_unnoted boolean := false;
    waited interval; moment timestamptz; its_catalog text; its_version bigint; its_plan text; its_period bigint;
    ends_at timestamptz; is_due boolean; is_over boolean; used numeric; held_units numeric; outlasting numeric;
    reserved bigint; reserves numeric := 0; change numeric; freed bigint;
begin
    if current_user <> 'purser_service' then perform set_config('role', 'purser_service', true); end if;
    perform set_config('lock_timeout', '4s', true);
    if key_id is null then
        select a.customer_id, a.meter, a.created_at, s.unposted_micros, s.held_micros
        into whose, of_meter, made_at, unposted, held
        from authorizations a join spending s on s.customer_id = a.customer_id
        where a.id = hold_id
        for update of s;
    else
        select a.customer_id, a.meter, a.created_at, s.unposted_micros, s.held_micros,
            k.last_used_at is null or k.last_used_at <= asked_at - interval '1 hour'
        into whose, of_meter, made_at, unposted, held, is_unnoted
        from api_keys k
        join authorizations a on a.id = hold_id
        join spending s on s.customer_id = a.customer_id
        where k.id = key_id and k.secret_hash = key_hash and k.revoked_at is null
            and (k.expires_at is null or k.expires_at > asked_at)
            and string_to_array(k.scopes, ' ') && array['all', 'usage:write']
            and (k.customer_id is null or k.customer_id = a.customer_id)
        for update of s;
    end if;
    if unposted is null then
        outcome := coalesce(nullif(purser_key(key_id, key_hash,
            (select a.customer_id from authorizations a where a.id = hold_id), asked_at), ''), 'not_found');
        return;
    end if;
    if is_unnoted then perform purser_key(key_id, key_hash, whose, asked_at); end if;
    waited := clock_timestamp() - statement_timestamp();
    moment := greatest(asked_at, made_at) + case when waited > interval '100 milliseconds' then waited else interval '0' end;
    select c.catalog, c.catalog_version, c.plan, p.number, p.ends_at,
        h.quantity, h.micros, h.state, h.reason, h.retry_after_seconds, h.available_after_micros, h.captured_micros,
        h.captured_quantity, h.captures, h.expires_at,
        p.ends_at <= moment or exists (
            select from grants g where g.customer_id = whose and g.posted_at is null and g.voided_at is null
                and g.effective_at <= moment),
        (held = 0 or a.balance - unposted + c.overage_protection_micros > held) and exists (
            select from grants g where g.customer_id = whose and g.remaining_micros > 0 and g.expires_at <= moment)
    into its_catalog, its_version, its_plan, its_period, ends_at,
        its_quantity, its_micros, its_state, its_reason, its_retry, its_available, captured,
        captured_units, times, expiry, is_due, is_over
    from customers c
    join authorizations h on h.id = hold_id
    join billing_periods p on p.customer_id = c.customer_id and p.closed_at is null
    join accounts a on a.customer_id = c.customer_id and a.unit = 'credits:' || c.credit_unit and a.name = 'credits'
    where c.customer_id = whose;
    if its_state <> 'held' then
        outcome := case when its_state = 'released' then 'released' else 'ended' end;
        return;
    end if;
    if is_due or (is_over and purser_credit_is_over(whose, held, moment)) then
        outcome := 'catch_up';
        return;
    end if;
    if its_catalog is distinct from catalog_name or its_version is distinct from catalog_number
            or its_plan is distinct from plan_key or its_period is distinct from period then
        outcome := 'stale';
        return;
    end if;
    change := -greatest(0, its_micros - captured);
    if of_meter <> '' then
        freed := greatest(0, its_quantity - captured_units);
        select t.quantity, t.held_quantity - freed,
            t.outlasting_quantity - case when expiry > ends_at then freed else 0 end, t.reserved_micros
        into used, held_units, outlasting, reserved
        from usage_totals t where t.customer_id = whose and t.period_number = period and t.meter = of_meter;
        reserves := purser_reserves(used, held_units, outlasting, allowance, each, up_to, per);
        change := reserves - reserved;
        update usage_totals t set held_quantity = held_units, outlasting_quantity = outlasting, reserved_micros = reserves
        where t.customer_id = whose and t.period_number = period and t.meter = of_meter;
    end if;
    if change <> 0 then
        update spending s set held_micros = s.held_micros + change where s.customer_id = whose;
    end if;
    its_state := 'released';
    update authorizations h set state = its_state, ended_at = moment where h.id = hold_id;
    outcome := 'released';
end $$;
