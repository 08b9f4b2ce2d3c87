-- Credit that open holds hold does not expire before they end. The rule is `kept` of app/domain/grants.py.

-- Whether a grant is over and holds more, with those over before it, than open holds made before its time reserve.
create function purser_credit_is_over(whose text, held bigint, moment timestamptz) returns boolean
language sql stable as $$
    select exists (
        select from grants g
        where g.customer_id = whose and g.remaining_micros > 0 and g.expires_at <= moment
            and (select sum(o.remaining_micros) from grants o
                where o.customer_id = whose and o.remaining_micros > 0 and o.expires_at <= g.expires_at)
            > least(held, (select coalesce(sum(greatest(0, h.micros - h.captured_micros)), 0) from authorizations h
                where h.state = 'held' and h.expires_at > moment and h.customer_id = whose
                and h.created_at < g.expires_at)))
$$;

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
        purser_credit_is_over(whose, funds.held, funds.moment) or exists (
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
