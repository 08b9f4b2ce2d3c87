-- Asking in flat variables and few statements: in the place of `purser_authorize` of 0013_refusals.sql. The rules are those of
-- app/domain/authorizations.py and reservations.py as before; tests hold them against these. What a meter costs is asked
-- of the functions of 0007_authorize.sql, and only where a meter is named.
--
-- Each statement reads what was committed when it began. The first locks the customer's row of `spending`, so that what the
-- second reads is what the lock protects; the third writes all that an answer changes.

drop function purser_authorize(text, text, text, text, text, text, text, text, bigint, bigint, boolean, int, timestamptz,
    purser_terms);

-- Ask. `units` of `of_meter`, or (meter '') `wanted` micros. The answer is a row of `authorizations`, made or found.
create function purser_authorize(
    key_id text, key_hash text, whose text, reference text, hold_id text, request_key text, request_digest text,
    of_meter text, units bigint, wanted bigint, at_once boolean, ttl_seconds int, asked_at timestamptz,
    catalog_name text, catalog_number bigint, plan_key text, period bigint, at_invoice boolean, usual_limit bigint,
    allowance bigint, plan_limit bigint, each bigint[], up_to bigint[], per bigint,
    out outcome text, out answer_id text, out answer_micros bigint, out answer_state text, out why text,
    out retry bigint, out left_over bigint, out captured bigint, out captured_units bigint, out times bigint,
    out moment timestamptz, out expiry timestamptz
) language plpgsql as $$
declare
    unposted bigint; held numeric; is_unnoted boolean := false; waited interval; today date;
    its_standing text; its_catalog text; its_version bigint; its_plan text; its_name text; its_period bigint;
    overage bigint; ends_at timestamptz; booked bigint; used_today bigint; has_day boolean; day_limit bigint;
    used numeric := 0; held_units numeric := 0; outlasting numeric := 0; reserved bigint := 0;
    is_due boolean; is_over boolean; earlier text; earlier_digest text;
    terms purser_terms; before purser_reservation; after purser_reservation; reserves bigint := 0;
    funds bigint; room numeric; free numeric; more numeric; price numeric; over_plan boolean := false; used_now bigint;
begin
    if current_user <> 'purser_service' then perform set_config('role', 'purser_service', true); end if;
    perform set_config('lock_timeout', '4s', true);
    -- A good key and the lock. Whoever has no good key gets no lock, and is told why below.
    if key_id is null then
        select s.unposted_micros, s.held_micros into unposted, held from spending s where s.customer_id = whose for update;
    else
        select s.unposted_micros, s.held_micros, k.last_used_at is null or k.last_used_at <= asked_at - interval '1 hour'
        into unposted, held, is_unnoted
        from api_keys k join spending s on s.customer_id = whose
        where k.id = key_id and k.secret_hash = key_hash and k.revoked_at is null
            and (k.expires_at is null or k.expires_at > asked_at)
            and string_to_array(k.scopes, ' ') && array['all', 'usage:write']
            and (k.customer_id is null or k.customer_id = whose)
        for update of s;
    end if;
    if unposted is null then
        outcome := coalesce(nullif(purser_key(key_id, key_hash, whose, asked_at), ''), 'not_found');
        return;
    end if;
    if is_unnoted then perform purser_key(key_id, key_hash, whose, asked_at); end if;
    -- The moment is the caller's; what was spent waiting for the lock is added, so that a call that waits over
    -- midnight counts for the day that it was accepted on.
    waited := clock_timestamp() - statement_timestamp();
    moment := case when waited > interval '100 milliseconds' then asked_at + waited else asked_at end;
    today := (moment at time zone 'UTC')::date;
    select c.standing, c.catalog, c.catalog_version, c.plan, c.external_id, c.overage_protection_micros,
        p.number, p.ends_at, a.balance, d.used_micros, d.customer_id is not null,
        case when l.customer_id is null then usual_limit when l.enabled then l.daily_limit_micros end,
        e.id, e.digest,
        p.ends_at <= moment or exists (
            select from grants g where g.customer_id = whose and g.posted_at is null and g.voided_at is null
                and g.effective_at <= moment),
        (held = 0 or a.balance - unposted + c.overage_protection_micros > held) and exists (
            select from grants g where g.customer_id = whose and g.remaining_micros > 0 and g.expires_at <= moment)
    into its_standing, its_catalog, its_version, its_plan, its_name, overage, its_period, ends_at, booked, used_today,
        has_day, day_limit, earlier, earlier_digest, is_due, is_over
    from customers c
    join billing_periods p on p.customer_id = c.customer_id and p.closed_at is null
    join accounts a on a.customer_id = c.customer_id and a.unit = 'credits:' || c.credit_unit and a.name = 'credits'
    left join balance_days d on d.customer_id = c.customer_id and d.day = today
    left join spend_settings l on l.customer_id = c.customer_id
    left join authorizations e on e.customer_id = c.customer_id and e.key = request_key
    where c.customer_id = whose;
    if earlier is not null then
        outcome := case when earlier_digest = request_digest then 'answered' else 'key_reused' end;
        select e.id, e.micros, e.state, e.reason, e.retry_after_seconds, e.available_after_micros, e.captured_micros,
            e.captured_quantity, e.captures, e.created_at, e.expires_at
        into answer_id, answer_micros, answer_state, why, retry, left_over, captured, captured_units, times, moment, expiry
        from authorizations e where e.id = earlier;
        return;
    end if;
    if is_due or (is_over and purser_credit_is_over(whose, held, moment)) then
        outcome := 'catch_up';
        return;
    end if;
    if its_catalog is distinct from catalog_name or its_version is distinct from catalog_number
            or its_plan is distinct from plan_key or its_period is distinct from period or (reference <> whose and its_name is distinct from reference) then
        outcome := 'stale';
        return;
    end if;
    -- It takes what everything that is used and held can cost with it, less what it can cost without it. Used at once it
    -- costs its price, and the holds that are open move up behind it.
    expiry := moment + make_interval(secs => ttl_seconds);
    price := wanted;
    more := wanted;
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
        terms := row(catalog_name, catalog_number, plan_key, period, at_invoice, usual_limit, allowance, plan_limit, each,
            up_to, per);
        before := row(used, held_units, outlasting);
        after := purser_moved(before, case when at_once then units else 0 end, case when at_once then 0 else units end,
            expiry > ends_at);
        price := purser_cost(used + units, terms) - purser_cost(used, terms);
        more := purser_reserved(before, terms);
        held := held - reserved + more;
        more := purser_reserved(after, terms) - more + case when at_once then price else 0 end;
        over_plan := purser_over_plan(after, terms);
    end if;
    if more > 999999999999999999 then
        outcome := 'too_dear';
        return;
    end if;
    -- How much the credit leaves, and what the day leaves of that.
    funds := booked - unposted;
    room := case when its_standing in ('good', 'past_due')
        then greatest(0, greatest(0, funds) + greatest(0, overage - greatest(0, -funds)) - held) else 0 end;
    free := greatest(0, least(room, day_limit - coalesce(used_today, 0) - held));
    why := case
        when its_standing = 'closed' then 'closed'
        when its_standing not in ('good', 'past_due') then 'suspended'
        when over_plan then 'plan_limit'
        when more > room then 'insufficient_credits'
        when more > free then 'daily_limit'
        else ''
    end;
    outcome := 'answered';
    answer_id := hold_id;
    if why <> '' then
        if (held > 0 or held_units > 0) and exists (
            select from authorizations a where a.state = 'held' and a.expires_at <= moment and a.customer_id = whose
        ) then
            outcome := 'catch_up';
            return;
        end if;
        retry := case when why = 'daily_limit' and more <= day_limit then purser_until_midnight(moment) end;
        answer_micros := more;
        answer_state := 'refused';
        left_over := free;
        captured := 0;
        captured_units := 0;
        times := 0;
        insert into authorizations (id, customer_id, key, digest, meter, quantity, micros, state, reason,
            retry_after_seconds, available_after_micros, captured_micros, captured_quantity, captures, period_number,
            created_at, expires_at, ended_at, judged_balance_micros, judged_overage_micros, judged_held_micros,
            judged_daily_limit_micros, judged_daily_used_micros, judged_plan_limit, judged_used, judged_held,
            judged_catalog, judged_catalog_version, judged_plan)
        values (hold_id, whose, request_key, request_digest, of_meter, units, more, 'refused', why, retry, free, 0, 0, 0,
            period, moment, expiry, moment, funds, overage, held, day_limit,
            case when day_limit is not null then coalesce(used_today, 0) end, plan_limit,
            case when of_meter <> '' then used end, case when of_meter <> '' then held_units end,
            catalog_name, catalog_number, plan_key);
        if why = 'daily_limit' then update spending s set dirty = true where s.customer_id = whose; end if;
        return;
    end if;
    left_over := free - more;
    used_now := case when at_once then price else 0 end;
    answer_micros := case when at_once then price else more end;
    answer_state := case when at_once then 'captured' else 'held' end;
    captured := used_now;
    captured_units := case when at_once then units else 0 end;
    times := case when at_once then 1 else 0 end;
    if of_meter <> '' then
        reserves := purser_reserved(after, terms);
        more := reserves - reserved;
    elsif at_once then
        more := 0;
    end if;
    insert into authorizations (id, customer_id, key, digest, meter, quantity, micros, state, reason,
        available_after_micros, captured_micros, captured_quantity, captures, period_number, created_at, expires_at,
        ended_at)
    values (hold_id, whose, request_key, request_digest, of_meter, units, answer_micros, answer_state, '', left_over,
        captured, captured_units, times, period, moment, expiry, case when at_once then moment end);
    if more <> 0 or at_once then
        update spending s set held_micros = s.held_micros + more, unposted_micros = s.unposted_micros + used_now,
            dirty = s.dirty or at_once
        where s.customer_id = whose;
    end if;
    if of_meter = '' and not at_once then return; end if;
    if of_meter <> '' then
        used := after.used;
        held_units := after.held;
        outlasting := after.outlasting;
    end if;
    update usage_totals t set quantity = used, held_quantity = held_units, outlasting_quantity = outlasting,
        reserved_micros = reserves, micros = t.micros + used_now
    where t.customer_id = whose and t.period_number = period and t.meter = of_meter;
    if not found then
        insert into usage_totals (customer_id, period_number, meter, quantity, held_quantity, outlasting_quantity,
            reserved_micros, micros)
        values (whose, period, of_meter, used, held_units, outlasting, reserves, used_now);
    end if;
    if not at_once then return; end if;
    insert into usage_events (customer_id, id, received_at, day, occurred_at, period_number, meter, subject, quantity,
        micros, properties, authorization_id)
    values (whose, hold_id, moment, today, moment, period, of_meter, '', units, used_now, '{}', hold_id);
    update usage_days u set quantity = u.quantity + units, events = u.events + 1, micros = u.micros + used_now
    where u.customer_id = whose and u.day = today and u.meter = of_meter;
    if not found then
        insert into usage_days (customer_id, day, meter, period_number, quantity, events, micros, posted_micros, postings,
            due_on)
        values (whose, today, of_meter, period, units, 1, used_now, 0, 0,
            case when at_invoice then (ends_at at time zone 'UTC')::date else today + 1 end);
    end if;
    if used_now = 0 then return; end if;
    if not has_day then
        insert into balance_days (customer_id, day, added_micros, used_micros, closing_micros)
        values (whose, today, 0, 0, coalesce((select x.closing_micros from balance_days x
            where x.customer_id = whose and x.day < today order by x.day desc limit 1), 0));
    end if;
    update balance_days b set used_micros = b.used_micros + case when b.day = today then used_now else 0 end,
        closing_micros = b.closing_micros - used_now
    where b.customer_id = whose and b.day >= today;
end $$;

-- Whether a grant is over and holds more than open holds keep of it, as before; PostgreSQL keeps the plan of it now, which of
-- a function in SQL alone it makes anew with each call.
create or replace function purser_credit_is_over(whose text, held numeric, moment timestamptz) returns boolean
language plpgsql stable as $$
begin
    if not exists (select from grants g where g.customer_id = whose and g.remaining_micros > 0 and g.expires_at <= moment) then
        return false;
    end if;
    return exists (
        select from grants g
        where g.customer_id = whose and g.remaining_micros > 0 and g.expires_at <= moment
            and (select sum(o.remaining_micros) from grants o
                where o.customer_id = whose and o.remaining_micros > 0 and o.expires_at <= g.expires_at)
            > least(held, (select coalesce(sum(greatest(0, h.micros - h.captured_micros)), 0) from authorizations h
                where h.state = 'held' and h.expires_at > moment and h.customer_id = whose and h.meter = ''
                and h.created_at < g.expires_at) + (select coalesce(sum(r.reserved_micros), 0) from usage_totals r
                where r.customer_id = whose and r.reserved_micros > 0 and exists (
                    select from authorizations h where h.state = 'held' and h.expires_at > moment
                        and h.customer_id = whose and h.meter = r.meter and h.created_at < g.expires_at))));
end $$;

create or replace function purser_has_ended(whose text, funds purser_funds) returns boolean language plpgsql stable as $$
begin
    return (funds.held > 0 or (funds.meter).held > 0) and exists (
        select from authorizations a
        where a.state = 'held' and a.expires_at <= funds.moment and a.customer_id = whose);
end $$;
