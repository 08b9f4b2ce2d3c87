-- Authorizations in one round trip: the key, the lock, the judgement and what is written.
--
-- The rule is the one of app/domain/authorizations.py; tests hold the two against each other. Each function is one
-- transaction of its own (autocommit). Every statement inside reads what was committed when it began, so that what is
-- read after the lock on `spending` is what the lock protects.

create type purser_terms as (
    catalog text, version bigint, plan text, period bigint, at_invoice boolean,
    daily_limit bigint, allowance bigint, plan_limit bigint, each bigint[], up_to bigint[], per bigint
);

create type purser_funds as (
    outcome text, moment timestamptz, standing text, balance bigint, overage bigint, held bigint, left_today bigint,
    day_limit bigint,
    quantity bigint, held_quantity bigint, due_on date
);

-- What so many units of a period cost: nothing up to the allowance, rounded once, half up.
create function purser_cost(units numeric, terms purser_terms) returns numeric language plpgsql immutable as $$
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
    return div(2 * total + terms.per, 2 * terms.per);
end $$;

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
        coalesce(t.quantity, 0) as quantity, coalesce(t.held_quantity, 0) + coalesce(b.held_quantity, 0) as held_quantity,
        (select max(v.version) from catalog_versions v where v.catalog = c.catalog) as version,
        exists (
            select from grants g where g.customer_id = whose and g.remaining_micros > 0 and g.expires_at <= funds.moment
        ) or exists (
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
    left join usage_totals b on b.customer_id = c.customer_id and b.period_number = p.number - 1 and b.meter = for_meter
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
    funds.left_today := it.day_limit - it.used_today - funds.held;
    funds.day_limit := it.day_limit;
    funds.quantity := it.quantity;
    funds.held_quantity := it.held_quantity;
    funds.due_on := case when terms.at_invoice then (it.ends_at at time zone 'UTC')::date else today + 1 end;
    return funds;
end $$;

-- Whether something is held still by an authorization whose time is over.
create function purser_has_ended(whose text, funds purser_funds) returns boolean language sql stable as $$
    select (funds.held > 0 or funds.held_quantity > 0) and exists (
        select from authorizations a
        where a.state = 'held' and a.expires_at <= funds.moment and a.customer_id = whose)
$$;

-- How much the credit leaves, beside any daily limit.
create function purser_room(funds purser_funds) returns bigint language sql immutable as $$
    select case when funds.standing in ('good', 'past_due') then greatest(0, greatest(0, funds.balance)
        + greatest(0, funds.overage - greatest(0, -funds.balance)) - funds.held) else 0 end
$$;

-- How much may be spent: what the credit and the day leave.
create function purser_available(funds purser_funds) returns bigint language sql immutable as $$
    select greatest(0, least(purser_room(funds), funds.left_today))
$$;

-- Why `cost` may not be spent, or ''.
create function purser_judge(funds purser_funds, cost numeric, over_plan boolean) returns text language sql immutable as $$
    select case
        when funds.standing = 'closed' then 'closed'
        when funds.standing not in ('good', 'past_due') then 'suspended'
        when over_plan then 'plan_limit'
        when cost > purser_room(funds) or cost > 100000000000000000 then 'insufficient_credits'
        when cost > purser_available(funds) then 'daily_limit'
        else ''
    end
$$;

create function purser_until_midnight(moment timestamptz) returns bigint language sql stable as $$
    select ceil(extract(epoch from
        (date_trunc('day', moment at time zone 'UTC') + interval '1 day') - (moment at time zone 'UTC')))::bigint
$$;

-- Count what a hold was captured for: the event, the period's totals, the days and what is not posted yet.
create function purser_use(
    whose text, event_id text, hold_id text, of_meter text, units bigint, cost bigint, period bigint, funds purser_funds
) returns void language plpgsql as $$
declare
    today date := (funds.moment at time zone 'UTC')::date;
begin
    insert into usage_events (customer_id, id, received_at, day, occurred_at, period_number, meter, subject, quantity,
        micros, properties, authorization_id)
    values (whose, event_id, funds.moment, today, funds.moment, period, of_meter, '', units, cost, '{}', hold_id);
    insert into usage_totals as t (customer_id, period_number, meter, quantity, held_quantity, micros)
    values (whose, period, of_meter, units, 0, cost)
    on conflict (customer_id, period_number, meter)
        do update set quantity = t.quantity + excluded.quantity, micros = t.micros + excluded.micros;
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
    funds purser_funds; cost numeric; price numeric; why text; after bigint; retry bigint; over_plan boolean := false;
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
    -- What is used at once costs what the meter shows now. A hold is for the dearer of that and its place in the line.
    price := wanted;
    cost := wanted;
    if of_meter <> '' then
        over_plan := funds.quantity + funds.held_quantity + units > least(coalesce(terms.plan_limit, 1000000000000000),
            1000000000000000);
        price := purser_cost(funds.quantity + units, terms) - purser_cost(funds.quantity, terms);
        cost := greatest(price, purser_cost(funds.quantity + funds.held_quantity + units, terms)
            - purser_cost(funds.quantity + funds.held_quantity, terms));
    end if;
    why := purser_judge(funds, cost, over_plan);
    if why <> '' and purser_has_ended(whose, funds) then
        outcome := 'catch_up';
        return;
    end if;
    retry := case when why = 'daily_limit' and cost <= funds.day_limit then purser_until_midnight(funds.moment) end;
    if why = '' and at_once then cost := price; end if;
    after := purser_available(funds) - case when why = '' then cost else 0 end;
    cost := least(cost, 100000000000000000);
    insert into authorizations (id, customer_id, key, digest, meter, quantity, micros, state, reason,
        retry_after_seconds, available_after_micros, captured_micros, captured_quantity, captures, period_number,
        created_at, expires_at, ended_at)
    values (hold_id, whose, request_key, request_digest, of_meter, units, cost,
        case when why <> '' then 'refused' when at_once then 'captured' else 'held' end, why,
        retry, after,
        case when why = '' and at_once then cost else 0 end, case when why = '' and at_once then units else 0 end,
        case when why = '' and at_once then 1 else 0 end, terms.period, funds.moment,
        funds.moment + make_interval(secs => ttl_seconds), case when why <> '' or at_once then funds.moment end)
    returning * into answer;
    outcome := 'answered';
    if why <> '' then
        if why = 'daily_limit' then update spending set dirty = true where customer_id = whose; end if;
        return;
    end if;
    if at_once then
        update spending set unposted_micros = unposted_micros + cost, dirty = true where customer_id = whose;
        perform purser_use(whose, hold_id, hold_id, of_meter, units, cost::bigint, terms.period, funds);
        return;
    end if;
    if cost > 0 then update spending set held_micros = held_micros + cost where customer_id = whose; end if;
    if of_meter <> '' then
        insert into usage_totals as t (customer_id, period_number, meter, quantity, held_quantity, micros)
        values (whose, terms.period, of_meter, 0, units, 0)
        on conflict (customer_id, period_number, meter) do update set held_quantity = t.held_quantity + units;
    end if;
end $$;

-- No longer hold so much of it.
create function purser_free(hold authorizations, micros bigint, units bigint) returns void language plpgsql as $$
begin
    if units > 0 then
        update usage_totals set held_quantity = held_quantity - units
        where customer_id = hold.customer_id and period_number = hold.period_number and meter = hold.meter;
    end if;
    update spending set held_micros = held_micros - micros where customer_id = hold.customer_id;
end $$;

-- Capture `units` (or `wanted` micros) of a hold; neither: all that is left. With `keep` the rest stays held. With an
-- `event_key` it is done once: the key is the id of its usage event, and `request_digest` is what was asked with it.
create function purser_capture(
    key_id text, key_hash text, hold_id text, units bigint, wanted bigint, keep boolean, event_key text,
    request_digest text, asked_at timestamptz, terms purser_terms, out outcome text, out why text, out retry_after bigint, out available bigint,
    out used_micros bigint, out answer authorizations
) language plpgsql as $$
declare
    funds purser_funds; cost numeric; amount bigint; spare bigint; spare_units bigint;
    promised boolean; over_plan boolean := false; is_over boolean; freed bigint; freed_units bigint; earlier text;
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
    if answer.meter = '' then
        cost := coalesce(wanted, spare);
        promised := cost <= spare;
    else
        cost := purser_cost(funds.quantity + units, terms) - purser_cost(funds.quantity, terms);
        promised := units <= spare_units;
        over_plan := funds.quantity + funds.held_quantity - spare_units + units
            > least(coalesce(terms.plan_limit, 1000000000000000), 1000000000000000);
    end if;
    if promised then
        why := '';  -- and it costs what the tariff says now
    else
        why := purser_judge(funds, greatest(0, cost - spare), over_plan);
    end if;
    if why <> '' and purser_has_ended(answer.customer_id, funds) then
        outcome := 'catch_up';
        return;
    end if;
    if why <> '' then
        if why = 'daily_limit' then
            if cost - spare <= funds.day_limit then retry_after := purser_until_midnight(funds.moment); end if;
            update spending set dirty = true where customer_id = answer.customer_id;
        end if;
        outcome := 'refused';
        available := purser_available(funds);
        return;
    end if;
    amount := cost::bigint;
    is_over := not keep or case when answer.meter = '' then amount >= spare else units >= spare_units end;
    freed := case when is_over then spare else least(amount, spare) end;
    freed_units := case when is_over then spare_units else least(units, spare_units) end;
    perform purser_free(answer, freed, freed_units);
    update spending set unposted_micros = unposted_micros + amount, dirty = true
    where customer_id = answer.customer_id;
    if event_key is not null then
        insert into usage_event_keys (customer_id, id, digest, received_at)
        values (answer.customer_id, event_key, request_digest, funds.moment);
    end if;
    perform purser_use(answer.customer_id,
        coalesce(event_key, hold_id || case when is_over and answer.captures = 0 then '' else ':' || answer.captures + 1 end),
        hold_id, answer.meter, units, amount, terms.period, funds);
    update authorizations set state = case when is_over then 'captured' else 'held' end,
        captured_micros = captured_micros + amount, captured_quantity = captured_quantity + units,
        captures = captures + 1, ended_at = case when is_over then funds.moment end
    where id = hold_id returning * into answer;
    outcome := 'captured';
    used_micros := amount;
    funds.balance := funds.balance - amount;
    funds.held := funds.held - freed;
    funds.left_today := funds.left_today - amount + freed;
    available := purser_available(funds);
end $$;

-- Release a hold: nothing more is taken, the rest may be spent by others.
create function purser_release(
    key_id text, key_hash text, hold_id text, asked_at timestamptz, out outcome text, out answer authorizations
) language plpgsql as $$
begin
    perform set_config('role', 'purser_service', true), set_config('lock_timeout', '4s', true);
    select * into answer from authorizations a where a.id = hold_id;
    outcome := purser_key(key_id, key_hash, answer.customer_id, asked_at);
    if outcome = '' and answer.id is null then outcome := 'not_found'; end if;
    if outcome <> '' then
        answer := null;
        return;
    end if;
    perform from spending s where s.customer_id = answer.customer_id for update;
    select * into answer from authorizations a where a.id = hold_id;  -- as the lock found it
    if answer.state <> 'held' then
        outcome := case when answer.state = 'released' then 'released' else 'ended' end;
        return;
    end if;
    perform purser_free(answer, greatest(0, answer.micros - answer.captured_micros),
        greatest(0, answer.quantity - answer.captured_quantity));
    update authorizations set state = 'released', ended_at = greatest(asked_at, created_at)
    where id = hold_id returning * into answer;
    outcome := 'released';
end $$;
