-- Authorizations in one round trip: the key, the lock, the judgement and what is written. In the place of all
-- that came before.
--
-- The rules are those of app/domain/authorizations.py and reservations.py; tests hold them against these. Each function
-- is one transaction of its own (autocommit). Every statement inside reads what was committed when it began, so that
-- what is read after the lock on `spending` is what the lock protects.

drop function purser_release(text, text, text, timestamptz);
drop function purser_capture(text, text, text, bigint, bigint, boolean, text, text, timestamptz, purser_terms);
drop function purser_free(authorizations, bigint, bigint);
drop function purser_authorize(text, text, text, text, text, text, text, text, bigint, bigint, boolean, int, timestamptz,
    purser_terms);
drop function purser_use(text, text, text, text, bigint, bigint, bigint, purser_funds);
drop function purser_until_midnight(timestamptz);
drop function purser_judge(purser_funds, numeric, boolean);
drop function purser_available(purser_funds);
drop function purser_room(purser_funds);
drop function purser_has_ended(text, purser_funds);
drop function purser_credit_is_over(text, bigint, timestamptz);
drop function purser_look(text, text, text, purser_terms, timestamptz);
drop function purser_key(text, text, text, timestamptz);
drop function purser_cost(numeric, purser_terms);
drop type purser_funds;
drop type purser_terms;

create type purser_terms as (
    catalog text, version bigint, plan text, period bigint, at_invoice boolean,
    daily_limit bigint, allowance bigint, plan_limit bigint, each bigint[], up_to bigint[], per bigint
);

-- What is used of a meter in the open period, and what open holds hold of it; `outlasting` of that may be captured when
-- the period is over.
create type purser_reservation as (used numeric, held numeric, outlasting numeric);

-- `reserved` is what the row has, `held` of the credit is with what the meter's holds may cost by these terms.
create type purser_funds as (
    outcome text, moment timestamptz, standing text, balance bigint, overage bigint, held numeric, left_today numeric,
    day_limit bigint, meter purser_reservation, reserved bigint, ends_at timestamptz, due_on date
);

-- What so many units of a period cost before it is divided by `per` and rounded: nothing up to the allowance.
create function purser_undivided(units numeric, terms purser_terms) returns numeric language plpgsql immutable as $$
declare
    beyond numeric := greatest(0, units - terms.allowance);
    total numeric := 0; done numeric := 0; top numeric;
begin
    if beyond = 0 then return 0; end if;
    for step in 1 .. cardinality(terms.each) loop
        top := least(beyond, coalesce(terms.up_to[step], beyond));
        total := total + terms.each[step] * greatest(0, top - done);
        done := greatest(done, top);
    end loop;
    return total;
end $$;

-- What so many units of a period cost: rounded once, half up.
create function purser_cost(units numeric, terms purser_terms) returns numeric language sql immutable as $$
    select div(2 * purser_undivided(units, terms) + terms.per, 2 * terms.per)
$$;

-- The most that the held units of a meter can cost, in whatever order they are captured. Where some of them may be
-- captured when the period is over, it is the dearest split between both periods, which is found at an edge of the
-- tariff; both parts are rounded, each by itself, where the price of a unit is no whole number.
create function purser_reserved(meter purser_reservation, terms purser_terms) returns numeric
language plpgsql immutable as $$
declare
    reached numeric := meter.used + meter.held; later numeric := least(meter.outlasting, meter.held);
    edge numeric; most numeric := 0; whole bigint := terms.per; price bigint; per bigint;
begin
    if meter.held = 0 then return 0; end if;
    if later = 0 then return purser_cost(reached, terms) - purser_cost(meter.used, terms); end if;
    foreach edge in array array[0, later, terms.allowance]
            || array(select terms.allowance + step from unnest(terms.up_to) step where step is not null)::numeric[] loop
        if edge between 0 and later or reached - edge between 0 and later then
            most := greatest(most, purser_undivided(edge, terms) + purser_undivided(reached - edge, terms));
        end if;
    end loop;
    if most = 0 then return 0; end if;
    foreach price in array terms.each loop
        whole := gcd(whole, price);
    end loop;
    per := terms.per / whole;
    return div(div(most, whole) + 2 * (per / 2), per) - purser_cost(meter.used, terms);
end $$;

-- A meter's reservation when so many units more are held (or fewer), and so many more are used.
create function purser_moved(meter purser_reservation, used numeric, held numeric, outlasts boolean)
returns purser_reservation language sql immutable as $$
    select row(meter.used + used, meter.held + held,
        meter.outlasting + case when outlasts then held else 0 end)::purser_reservation
$$;

-- Whether a key of the Billing API may ask: '' or why not. `for_customer` null: not known yet.
create function purser_key(key_id text, key_hash text, for_customer text, moment timestamptz) returns text
language plpgsql as $$
declare
    it record;
begin
    if key_id is null then return ''; end if;
    select k.secret_hash, k.scopes, k.customer_id, k.expires_at, k.revoked_at, k.last_used_at
    into it
    from api_keys k where k.id = key_id;
    if not found then return 'unauthorized'; end if;
    if it.secret_hash <> key_hash or it.revoked_at is not null or it.expires_at <= moment then
        return 'unauthorized';
    end if;
    if not string_to_array(it.scopes, ' ') && array['all', 'usage:write'] then return 'forbidden'; end if;
    if it.customer_id <> for_customer then return 'not_found'; end if;
    if it.last_used_at is null or it.last_used_at <= moment - interval '1 hour' then
        -- Whoever else notes it right now is waited for by nobody.
        update api_keys set last_used_at = moment
        where id = (select k.id from api_keys k where k.id = key_id for update skip locked);
    end if;
    return '';
end $$;

-- Whether a grant is over and holds more, with those over before it, than open holds made before its time reserve; of a
-- meter that is all that is reserved for it. The rule is `kept` of app/domain/grants.py. It is asked where credit is
-- left beside all that is held: no more goes than that.
create function purser_credit_is_over(whose text, held numeric, moment timestamptz) returns boolean
language sql stable as $$
    select exists (
        select from grants g
        where g.customer_id = whose and g.remaining_micros > 0 and g.expires_at <= moment
            and (select sum(o.remaining_micros) from grants o
                where o.customer_id = whose and o.remaining_micros > 0 and o.expires_at <= g.expires_at)
            > least(held, (select coalesce(sum(greatest(0, h.micros - h.captured_micros)), 0) from authorizations h
                where h.state = 'held' and h.expires_at > moment and h.customer_id = whose and h.meter = ''
                and h.created_at < g.expires_at) + (select coalesce(sum(r.reserved_micros), 0) from usage_totals r
                where r.customer_id = whose and r.reserved_micros > 0 and exists (
                    select from authorizations h where h.state = 'held' and h.expires_at > moment
                        and h.customer_id = whose and h.meter = r.meter and h.created_at < g.expires_at))))
$$;

-- Lock the customer's spending and read everything that a judgement needs. `outcome` is '' when the terms that the
-- caller knows still hold; else 'stale', or 'catch_up' when a grant or a period is due, or 'not_found'.
create function purser_look(whose text, reference text, for_meter text, terms purser_terms, asked_at timestamptz)
returns purser_funds language plpgsql as $$
declare
    funds purser_funds; it record; unposted bigint; waited interval; today date;
begin
    select s.unposted_micros, s.held_micros into unposted, funds.held
    from spending s where s.customer_id = whose for update;
    if not found then
        funds.outcome := 'not_found';
        return funds;
    end if;
    -- The moment is the caller's; what was spent waiting for the lock is added, so that a call that waits over
    -- midnight counts for the day that it was accepted on.
    waited := clock_timestamp() - statement_timestamp();
    funds.moment := case when waited > interval '100 milliseconds' then asked_at + waited else asked_at end;
    today := (funds.moment at time zone 'UTC')::date;
    select c.standing, c.catalog, c.plan, c.external_id, c.overage_protection_micros as overage,
        p.number, p.ends_at, a.balance, coalesce(d.used_micros, 0) as used_today,
        case when l.customer_id is null then terms.daily_limit when l.enabled then l.daily_limit_micros end as day_limit,
        row(coalesce(t.quantity, 0), coalesce(t.held_quantity, 0), coalesce(t.outlasting_quantity, 0))::purser_reservation
            as meter, coalesce(t.reserved_micros, 0) as reserved,
        c.catalog_version as version,
        ((funds.held = 0 or a.balance - unposted + c.overage_protection_micros > funds.held)
            and purser_credit_is_over(whose, funds.held, funds.moment)) or exists (
            select from grants g where g.customer_id = whose and g.posted_at is null and g.voided_at is null
                and g.effective_at <= funds.moment
        ) as is_due
    into it
    from customers c
    join billing_periods p on p.customer_id = c.customer_id and p.closed_at is null
    join accounts a on a.customer_id = c.customer_id and a.unit = 'credits:' || c.credit_unit and a.name = 'credits'
    left join balance_days d on d.customer_id = c.customer_id and d.day = today
    left join spend_settings l on l.customer_id = c.customer_id
    left join usage_totals t on t.customer_id = c.customer_id and t.period_number = p.number and t.meter = for_meter
    where c.customer_id = whose;
    if it.ends_at <= funds.moment or it.is_due then
        funds.outcome := 'catch_up';
        return funds;
    end if;
    if (it.catalog, it.version, it.plan, it.number)
            is distinct from (terms.catalog, terms.version, terms.plan, terms.period)
        or (reference <> whose and it.external_id is distinct from reference) then
        funds.outcome := 'stale';
        return funds;
    end if;
    funds.outcome := '';
    funds.standing := it.standing;
    funds.balance := it.balance - unposted;
    funds.overage := it.overage;
    funds.meter := it.meter;
    funds.reserved := it.reserved;
    funds.held := funds.held - it.reserved + purser_reserved(it.meter, terms);
    funds.left_today := it.day_limit - it.used_today - funds.held;
    funds.day_limit := it.day_limit;
    funds.ends_at := it.ends_at;
    funds.due_on := case when terms.at_invoice then (it.ends_at at time zone 'UTC')::date else today + 1 end;
    return funds;
end $$;

-- Whether something is held still by an authorization whose time is over.
create function purser_has_ended(whose text, funds purser_funds) returns boolean language sql stable as $$
    select (funds.held > 0 or (funds.meter).held > 0) and exists (
        select from authorizations a
        where a.state = 'held' and a.expires_at <= funds.moment and a.customer_id = whose)
$$;

-- How much the credit leaves, beside any daily limit.
create function purser_room(funds purser_funds) returns numeric language sql immutable as $$
    select case when funds.standing in ('good', 'past_due') then greatest(0, greatest(0, funds.balance)
        + greatest(0, funds.overage - greatest(0, -funds.balance)) - funds.held) else 0 end
$$;

-- How much may be spent: what the credit and the day leave.
create function purser_available(funds purser_funds) returns numeric language sql immutable as $$
    select greatest(0, least(purser_room(funds), funds.left_today))
$$;

-- Why `cost` may not be spent, or ''.
create function purser_judge(funds purser_funds, cost numeric, over_plan boolean) returns text language sql immutable as $$
    select case
        when funds.standing = 'closed' then 'closed'
        when funds.standing not in ('good', 'past_due') then 'suspended'
        when over_plan then 'plan_limit'
        when cost > purser_room(funds) then 'insufficient_credits'
        when cost > purser_available(funds) then 'daily_limit'
        else ''
    end
$$;

create function purser_until_midnight(moment timestamptz) returns bigint language sql stable as $$
    select ceil(extract(epoch from
        (date_trunc('day', moment at time zone 'UTC') + interval '1 day') - (moment at time zone 'UTC')))::bigint
$$;

-- Whether a quantity that is used and held is more than the plan allows.
create function purser_over_plan(meter purser_reservation, terms purser_terms) returns boolean language sql immutable as $$
    select meter.used + meter.held > least(coalesce(terms.plan_limit, 1000000000000000), 1000000000000000)
$$;

-- Write what is used and held of a meter now, and hold so much more (or less) of the credit: for a meter, what is
-- reserved takes the place of what was; without one, `credit` says it. `cost` was used.
create function purser_write(
    whose text, of_meter text, after purser_reservation, credit numeric, is_used boolean, cost bigint, funds purser_funds,
    terms purser_terms
) returns void language plpgsql as $$
declare
    reserves bigint := case when of_meter = '' then 0 else purser_reserved(after, terms) end;
    change bigint := case when of_meter = '' then credit else reserves - funds.reserved end;
begin
    if change <> 0 or is_used then
        update spending set held_micros = held_micros + change, unposted_micros = unposted_micros + cost,
            dirty = dirty or is_used
        where customer_id = whose;
    end if;
    if of_meter = '' and not is_used then return; end if;
    insert into usage_totals as t (customer_id, period_number, meter, quantity, held_quantity, outlasting_quantity,
        reserved_micros, micros)
    values (whose, terms.period, of_meter, after.used, after.held, after.outlasting, reserves, cost)
    on conflict (customer_id, period_number, meter) do update set quantity = excluded.quantity,
        held_quantity = excluded.held_quantity, outlasting_quantity = excluded.outlasting_quantity,
        reserved_micros = excluded.reserved_micros, micros = t.micros + excluded.micros;
end $$;

-- Count what a hold was captured for: the event, and what the days have used.
create function purser_use(
    whose text, event_id text, hold_id text, of_meter text, units bigint, cost bigint, period bigint, funds purser_funds
) returns void language plpgsql as $$
declare
    today date := (funds.moment at time zone 'UTC')::date;
begin
    insert into usage_events (customer_id, id, received_at, day, occurred_at, period_number, meter, subject, quantity,
        micros, properties, authorization_id)
    values (whose, event_id, funds.moment, today, funds.moment, period, of_meter, '', units, cost, '{}', hold_id);
    insert into usage_days as u (customer_id, day, meter, period_number, quantity, events, micros, posted_micros, postings,
        due_on)
    values (whose, today, of_meter, period, units, 1, cost, 0, 0, funds.due_on)
    on conflict (customer_id, day, meter) do update set quantity = u.quantity + excluded.quantity,
        events = u.events + 1, micros = u.micros + excluded.micros;
    if cost = 0 then return; end if;
    insert into balance_days as b (customer_id, day, added_micros, used_micros, closing_micros)
    values (whose, today, 0, cost, coalesce((select x.closing_micros from balance_days x
        where x.customer_id = whose and x.day <= today order by x.day desc limit 1), 0) - cost)
    on conflict (customer_id, day) do update set used_micros = b.used_micros + cost,
        closing_micros = b.closing_micros - cost;
    update balance_days set closing_micros = closing_micros - cost where customer_id = whose and day > today;
end $$;

-- Ask. `units` of `of_meter`, or (meter '') `wanted` micros. The answer is a row of `authorizations`, made or found.
create function purser_authorize(
    key_id text, key_hash text, whose text, reference text, hold_id text, request_key text, request_digest text,
    of_meter text, units bigint, wanted bigint, at_once boolean, ttl_seconds int, asked_at timestamptz,
    terms purser_terms, out outcome text, out answer authorizations
) language plpgsql as $$
declare
    funds purser_funds; more numeric; price numeric; why text; retry bigint; after purser_reservation; expiry timestamptz;
begin
    perform set_config('role', 'purser_service', true), set_config('lock_timeout', '4s', true);
    outcome := purser_key(key_id, key_hash, whose, asked_at);
    if outcome <> '' then return; end if;
    funds := purser_look(whose, reference, of_meter, terms, asked_at);
    outcome := funds.outcome;
    if outcome = 'not_found' then return; end if;
    select * into answer from authorizations a where a.customer_id = whose and a.key = request_key;
    if found then
        outcome := case when answer.digest = request_digest then 'answered' else 'key_reused' end;
        return;
    end if;
    if outcome <> '' then return; end if;
    -- It takes what everything that is used and held can cost with it, less what it can cost without it. Used at once it
    -- costs its price, and the holds that are open move up behind it.
    expiry := funds.moment + make_interval(secs => ttl_seconds);
    after := purser_moved(funds.meter, case when at_once then units else 0 end, case when at_once then 0 else units end,
        expiry > funds.ends_at);
    price := wanted;
    more := wanted;
    if of_meter <> '' then
        price := purser_cost((funds.meter).used + units, terms) - purser_cost((funds.meter).used, terms);
        more := purser_reserved(after, terms) - purser_reserved(funds.meter, terms)
            + case when at_once then price else 0 end;
    end if;
    if more > 999999999999999999 then
        outcome := 'too_dear';
        return;
    end if;
    why := purser_judge(funds, more, of_meter <> '' and purser_over_plan(after, terms));
    if why <> '' and purser_has_ended(whose, funds) then
        outcome := 'catch_up';
        return;
    end if;
    retry := case when why = 'daily_limit' and more <= funds.day_limit then purser_until_midnight(funds.moment) end;
    insert into authorizations (id, customer_id, key, digest, meter, quantity, micros, state, reason,
        retry_after_seconds, available_after_micros, captured_micros, captured_quantity, captures, period_number,
        created_at, expires_at, ended_at)
    values (hold_id, whose, request_key, request_digest, of_meter, units,
        case when why = '' and at_once then price else more end,
        case when why <> '' then 'refused' when at_once then 'captured' else 'held' end, why,
        retry, purser_available(funds) - case when why = '' then more else 0 end,
        case when why = '' and at_once then price else 0 end, case when why = '' and at_once then units else 0 end,
        case when why = '' and at_once then 1 else 0 end, terms.period, funds.moment, expiry,
        case when why <> '' or at_once then funds.moment end)
    returning * into answer;
    outcome := 'answered';
    if why <> '' then
        if why = 'daily_limit' then update spending set dirty = true where customer_id = whose; end if;
        return;
    end if;
    if at_once then
        perform purser_write(whose, of_meter, after, 0, true, price::bigint, funds, terms);
        perform purser_use(whose, hold_id, hold_id, of_meter, units, price::bigint, terms.period, funds);
    else
        perform purser_write(whose, of_meter, after, more, false, 0, funds, terms);
    end if;
end $$;

-- Capture `units` (or `wanted` micros) of a hold; neither: all that is left. With `keep` the rest stays held. With an
-- `event_key` it is done once: the key is the id of its usage event, and `request_digest` is what was asked with it.
create function purser_capture(
    key_id text, key_hash text, hold_id text, units bigint, wanted bigint, keep boolean, event_key text,
    request_digest text, asked_at timestamptz, terms purser_terms, out outcome text, out why text,
    out retry_after bigint, out available bigint, out used_micros bigint, out answer authorizations
) language plpgsql as $$
declare
    funds purser_funds; cost numeric; spare bigint; spare_units bigint; after purser_reservation; change numeric;
    promised boolean; is_over boolean; earlier text;
begin
    perform set_config('role', 'purser_service', true), set_config('lock_timeout', '4s', true);
    select * into answer from authorizations a where a.id = hold_id;
    outcome := purser_key(key_id, key_hash, answer.customer_id, asked_at);
    if outcome = '' and answer.id is null then outcome := 'not_found'; end if;
    if outcome <> '' then
        answer := null;
        return;
    end if;
    if (answer.meter = '' and units is not null) or (answer.meter <> '' and wanted is not null) then
        outcome := 'mismatched';
        return;
    end if;
    -- A process whose clock lags behind the one that made the hold must not count it for the day before.
    asked_at := greatest(asked_at, answer.created_at);
    funds := purser_look(answer.customer_id, answer.customer_id, answer.meter, terms, asked_at);
    select * into answer from authorizations a where a.id = hold_id;  -- as the lock found it
    outcome := funds.outcome;
    if outcome <> '' then return; end if;
    if event_key is not null then
        select k.digest into earlier from usage_event_keys k
        where k.customer_id = answer.customer_id and k.id = event_key;
        if found then
            outcome := case when earlier = request_digest then 'captured' else 'key_reused' end;
            select e.micros into used_micros from usage_events e
            where e.customer_id = answer.customer_id and e.id = event_key;
            available := purser_available(funds);
            return;
        end if;
    end if;
    if answer.state <> 'held' or answer.expires_at <= funds.moment then
        outcome := 'ended';
        available := purser_available(funds);
        return;
    end if;
    spare := greatest(0, answer.micros - answer.captured_micros);
    spare_units := greatest(0, answer.quantity - answer.captured_quantity);
    units := case when answer.meter = '' then 0 else coalesce(units, spare_units) end;
    after := funds.meter;
    if answer.meter = '' then
        cost := coalesce(wanted, spare);
        promised := cost <= spare;
        is_over := not keep or cost >= spare;
        change := -case when is_over then spare else cost end;
    else
        cost := purser_cost((funds.meter).used + units, terms) - purser_cost((funds.meter).used, terms);
        promised := units <= spare_units;
        is_over := not keep or units >= spare_units;
        after := purser_moved(funds.meter, units, -case when is_over then spare_units else units end,
            answer.expires_at > funds.ends_at);
        change := purser_reserved(after, terms) - purser_reserved(funds.meter, terms);
    end if;
    -- What was promised is never refused: its place is reserved. Beyond that, all that it adds must be available.
    if promised then
        why := '';
    elsif cost > 999999999999999999 then
        outcome := 'too_dear';
        return;
    else
        why := purser_judge(funds, greatest(0, cost + change), answer.meter <> '' and purser_over_plan(after, terms));
    end if;
    if why <> '' and purser_has_ended(answer.customer_id, funds) then
        outcome := 'catch_up';
        return;
    end if;
    if why <> '' then
        if why = 'daily_limit' then
            if cost + change <= funds.day_limit then retry_after := purser_until_midnight(funds.moment); end if;
            update spending set dirty = true where customer_id = answer.customer_id;
        end if;
        outcome := 'refused';
        available := purser_available(funds);
        return;
    end if;
    used_micros := cost;
    perform purser_write(answer.customer_id, answer.meter, after, change, true, used_micros, funds, terms);
    if event_key is not null then
        insert into usage_event_keys (customer_id, id, digest, received_at)
        values (answer.customer_id, event_key, request_digest, funds.moment);
    end if;
    perform purser_use(answer.customer_id,
        coalesce(event_key, hold_id
            || case when is_over and answer.captures = 0 then '' else ':' || answer.captures + 1 end),
        hold_id, answer.meter, units, used_micros, terms.period, funds);
    update authorizations set state = case when is_over then 'captured' else 'held' end,
        captured_micros = captured_micros + used_micros, captured_quantity = captured_quantity + units,
        captures = captures + 1, ended_at = case when is_over then funds.moment end
    where id = hold_id returning * into answer;
    outcome := 'captured';
    funds.balance := funds.balance - used_micros;
    funds.held := funds.held + change;
    funds.left_today := funds.left_today - used_micros - change;
    available := purser_available(funds);
end $$;

-- Release a hold: nothing more is taken, the rest may be spent by others.
create function purser_release(
    key_id text, key_hash text, hold_id text, asked_at timestamptz, terms purser_terms, out outcome text,
    out answer authorizations
) language plpgsql as $$
declare
    funds purser_funds;
begin
    perform set_config('role', 'purser_service', true), set_config('lock_timeout', '4s', true);
    select * into answer from authorizations a where a.id = hold_id;
    outcome := purser_key(key_id, key_hash, answer.customer_id, asked_at);
    if outcome = '' and answer.id is null then outcome := 'not_found'; end if;
    if outcome <> '' then
        answer := null;
        return;
    end if;
    asked_at := greatest(asked_at, answer.created_at);
    funds := purser_look(answer.customer_id, answer.customer_id, answer.meter, terms, asked_at);
    select * into answer from authorizations a where a.id = hold_id;  -- as the lock found it
    if answer.state <> 'held' then
        outcome := case when answer.state = 'released' then 'released' else 'ended' end;
        return;
    end if;
    outcome := funds.outcome;
    if outcome <> '' then return; end if;
    perform purser_write(answer.customer_id, answer.meter,
        purser_moved(funds.meter, 0, -greatest(0, answer.quantity - answer.captured_quantity),
            answer.expires_at > funds.ends_at),
        -greatest(0, answer.micros - answer.captured_micros), false, 0, funds, terms);
    update authorizations set state = 'released', ended_at = funds.moment where id = hold_id returning * into answer;
    outcome := 'released';
end $$;
