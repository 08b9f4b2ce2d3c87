-- A single usage event, counted in one round trip: the key, the lock, and what is written. In flat variables and few
-- statements, each of which reads what was committed when it began: the first locks the customer's row of `spending`, so
-- that what the second reads is what the lock protects.
--
-- It counts what adds up (`count` and `sum`) where nothing is in the way. The rules are those of app/domain/rating.py and
-- app/services/usage/counting.py; tests hold them against it. Whatever is due, refused or unusual is left to those: then
-- nothing is written, and the answer says so.

-- What so many units of a period cost: nothing up to the allowance, rounded once, half up. `each` null: nothing at all.
create function purser_price(units numeric, allowance bigint, each bigint[], up_to bigint[], per bigint) returns numeric
language plpgsql immutable as $$
declare
    beyond numeric := units - allowance; total numeric := 0; done numeric := 0; top numeric;
begin
    if beyond <= 0 or each is null then return 0; end if;
    if up_to[1] is null then return div(2 * beyond * each[1] + per, 2 * per); end if;
    for step in 1 .. cardinality(each) loop
        top := least(beyond, coalesce(up_to[step], beyond));
        total := total + each[step] * greatest(0, top - done);
        done := greatest(done, top);
    end loop;
    return div(2 * total + per, 2 * per);
end $$;

-- Count `units` of a meter that adds up. `counted`, or `duplicate` of an event that was counted and says the same; else
-- nothing is written: `stale` where the terms that the caller knows hold no longer, '' where it must go the usual way.
create function purser_count(
    key_id text, key_hash text, whose text, called text, event_id text, event_digest text, of_meter text, units bigint,
    of_subject text, happened_at timestamptz, said text, asked_at timestamptz, catalog_name text, catalog_number bigint,
    plan_key text, its_period bigint, at_invoice boolean, allowance bigint, each bigint[], up_to bigint[], per bigint
) returns text language plpgsql as $$
declare
    unposted bigint; waited interval; moment timestamptz; today date; last_day date; ends_at timestamptz;
    booked bigint; used bigint; held_units bigint; outlasting bigint; reserved bigint; is_due boolean; has_total boolean;
    after bigint; cost numeric := 0; reserves numeric := 0; change numeric := 0; price_after numeric;
begin
    if current_user <> 'purser_service' then perform set_config('role', 'purser_service', true); end if;
    perform set_config('lock_timeout', '4s', true);
    -- A good key and the lock: whoever has no good key gets no lock. That a key is used is noted the usual way.
    select s.unposted_micros into unposted
    from api_keys k join spending s on s.customer_id = whose
    where k.id = key_id and k.secret_hash = key_hash and k.revoked_at is null
        and (k.expires_at is null or k.expires_at > asked_at)
        and k.last_used_at > asked_at - interval '1 hour'
        and case when k.customer_id is null then string_to_array(k.scopes, ' ') && array['all', 'usage:write']
            else k.customer_id = whose and string_to_array(k.scopes, ' ') && array['usage:write'] end
    for update of s;
    if not found then return ''; end if;
    -- The moment is the caller's; what was spent waiting for the lock is added, so that an event that waits over midnight
    -- counts for the day that it was accepted on.
    waited := clock_timestamp() - statement_timestamp();
    moment := case when waited > interval '100 milliseconds' then asked_at + waited else asked_at end;
    today := (moment at time zone 'UTC')::date;
    select p.ends_at, a.balance, t.quantity, t.held_quantity, t.outlasting_quantity, t.reserved_micros,
        t.customer_id is not null, (select max(d.day) from balance_days d where d.customer_id = whose and d.day >= today),
        exists (
            select from grants g where g.customer_id = whose and g.posted_at is null and g.voided_at is null
                and g.effective_at <= moment
        ) or exists (
            select from grants g where g.customer_id = whose and g.remaining_micros > 0 and g.expires_at <= moment
        )
    into ends_at, booked, used, held_units, outlasting, reserved, has_total, last_day, is_due
    from customers c
    join billing_periods p on p.customer_id = c.customer_id and p.number = its_period
    join accounts a on a.customer_id = c.customer_id and a.unit = 'credits:' || c.credit_unit and a.name = 'credits'
    left join usage_totals t on t.customer_id = c.customer_id and t.period_number = its_period and t.meter = of_meter
    where c.customer_id = whose and c.catalog = catalog_name and c.catalog_version = catalog_number
        and c.plan is not distinct from plan_key and (called = whose or c.external_id = called) and p.closed_at is null;
    if not found then return 'stale'; end if;
    if is_due or ends_at <= moment or last_day > today then return ''; end if;
    after := coalesce(used, 0) + units;
    if each is not null and after > allowance then
        price_after := purser_price(after, allowance, each, up_to, per);
        cost := price_after - purser_price(coalesce(used, 0), allowance, each, up_to, per);
    end if;
    if held_units > 0 then  -- the open holds of the meter move up behind it
        if outlasting > 0 then return ''; end if;
        if each is not null then
            reserves := purser_price(after + held_units, allowance, each, up_to, per) - coalesce(price_after, 0);
        end if;
        change := reserves - reserved;
    end if;
    if after > 1000000000000000 or unposted + cost + reserves > 100000000000000000 then return ''; end if;
    insert into usage_event_keys (customer_id, id, digest, received_at)
    values (whose, event_id, event_digest, moment) on conflict do nothing;
    if not found then
        perform from usage_event_keys k where k.customer_id = whose and k.id = event_id and k.digest = event_digest;
        return case when found then 'duplicate' else '' end;
    end if;
    insert into usage_events (customer_id, id, received_at, day, occurred_at, period_number, meter, subject, quantity,
        micros, properties)
    values (whose, event_id, moment, today, coalesce(happened_at, moment), its_period, of_meter, of_subject, units, cost,
        said);
    update spending s set unposted_micros = s.unposted_micros + cost, held_micros = s.held_micros + change, dirty = true
    where s.customer_id = whose;
    if has_total then
        update usage_totals t set quantity = after, reserved_micros = reserves, micros = t.micros + cost, last_at = null
        where t.customer_id = whose and t.period_number = its_period and t.meter = of_meter;
    else
        insert into usage_totals (customer_id, period_number, meter, quantity, held_quantity, outlasting_quantity,
            reserved_micros, micros)
        values (whose, its_period, of_meter, after, 0, 0, 0, cost);
    end if;
    update usage_days u set quantity = u.quantity + units, events = u.events + 1, micros = u.micros + cost
    where u.customer_id = whose and u.day = today and u.meter = of_meter;
    if not found then
        insert into usage_days (customer_id, day, meter, period_number, quantity, events, micros, posted_micros, postings,
            due_on)
        values (whose, today, of_meter, its_period, units, 1, cost, 0, 0,
            case when at_invoice then (ends_at at time zone 'UTC')::date else today + 1 end);
    end if;
    if cost = 0 then return 'counted'; end if;
    if last_day is not null then
        update balance_days b set used_micros = b.used_micros + cost, closing_micros = booked - unposted - cost
        where b.customer_id = whose and b.day = today;
    else
        insert into balance_days (customer_id, day, added_micros, used_micros, closing_micros)
        values (whose, today, 0, cost, booked - unposted - cost);
    end if;
    return 'counted';
end $$;
