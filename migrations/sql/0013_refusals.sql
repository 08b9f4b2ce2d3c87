-- Asking keeps what a refusal was decided from: of `purser_authorize` this is in the place of 0007_authorize.sql, whose other
-- functions stay. It is one insert as before, and reads nothing more: what is kept was read to judge.

-- Ask. `units` of `of_meter`, or (meter '') `wanted` micros. The answer is a row of `authorizations`, made or found.
create or replace function purser_authorize(
    key_id text, key_hash text, whose text, reference text, hold_id text, request_key text, request_digest text,
    of_meter text, units bigint, wanted bigint, at_once boolean, ttl_seconds int, asked_at timestamptz,
    terms purser_terms, out outcome text, out answer authorizations
) language plpgsql as $$
declare
    funds purser_funds; more numeric; price numeric; why text; retry bigint; after purser_reservation; expiry timestamptz;
    refused boolean;
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
    refused := why <> '';
    retry := case when why = 'daily_limit' and more <= funds.day_limit then purser_until_midnight(funds.moment) end;
    insert into authorizations (id, customer_id, key, digest, meter, quantity, micros, state, reason,
        retry_after_seconds, available_after_micros, captured_micros, captured_quantity, captures, period_number,
        created_at, expires_at, ended_at, judged_balance_micros, judged_overage_micros, judged_held_micros,
        judged_daily_limit_micros, judged_daily_used_micros, judged_plan_limit, judged_used, judged_held,
        judged_catalog, judged_catalog_version, judged_plan)
    values (hold_id, whose, request_key, request_digest, of_meter, units,
        case when why = '' and at_once then price else more end,
        case when why <> '' then 'refused' when at_once then 'captured' else 'held' end, why,
        retry, purser_available(funds) - case when why = '' then more else 0 end,
        case when why = '' and at_once then price else 0 end, case when why = '' and at_once then units else 0 end,
        case when why = '' and at_once then 1 else 0 end, terms.period, funds.moment, expiry,
        case when why <> '' or at_once then funds.moment end,
        case when refused then funds.balance end, case when refused then funds.overage end,
        case when refused then funds.held end, case when refused then funds.day_limit end,
        case when refused then funds.day_limit - funds.left_today - funds.held end,
        case when refused then terms.plan_limit end,
        case when refused and of_meter <> '' then (funds.meter).used end,
        case when refused and of_meter <> '' then (funds.meter).held end,
        case when refused then terms.catalog end, case when refused then terms.version end,
        case when refused then terms.plan end)
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
