-- Terms as sold: what is asked is judged by the version of the catalog that the customer keeps, and each hold says by
-- which version and plan it was judged.

-- Lock the customer's spending and read everything that a judgement needs. `outcome` is '' when the terms that the
-- caller knows still hold; else 'stale', or 'catch_up' when a grant or a period is due, or 'not_found'.
create or replace function purser_look(whose text, reference text, for_meter text, terms purser_terms, asked_at timestamptz)
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
        c.catalog_version as version,
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

-- Ask. `units` of `of_meter`, or (meter '') `wanted` micros. The answer is a row of `authorizations`, made or found.
create or replace function purser_authorize(
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
        created_at, expires_at, ended_at, catalog_version, plan)
    values (hold_id, whose, request_key, request_digest, of_meter, units, cost,
        case when why <> '' then 'refused' when at_once then 'captured' else 'held' end, why,
        retry, after,
        case when why = '' and at_once then cost else 0 end, case when why = '' and at_once then units else 0 end,
        case when why = '' and at_once then 1 else 0 end, terms.period, funds.moment,
        funds.moment + make_interval(secs => ttl_seconds), case when why <> '' or at_once then funds.moment end,
        terms.version, terms.plan)
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
