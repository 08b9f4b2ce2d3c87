-- Usage that is reported in credits, in one round trip: the plain case of app/services/usage/recording.py, whose rule it
-- keeps (app/domain/ledger.py, journal/entries.py and grants.py); a test plays the same histories on both.
--
-- The first statement locks the customer's row of `spending`, which whoever moves the customer's credit locks before
-- anything else. The second, whose snapshot is younger than the lock, reads what the lock protects. Whatever is not plain
-- (a key that is there, usage to be posted, a grant that is due, too little credit) is `unfit`, and nothing is written.

create function purser_record(
    whose text, fact text, many bigint, words text, transfer_name text, asked_at timestamptz,
    out outcome text, out its_unit text, out place bigint, out after bigint
) language plpgsql as $$
declare
    unposted bigint; held bigint; is_noted boolean; funds bigint; least_funds bigint; earned bigint; today date;
    has_day boolean; is_unfit boolean; rest bigint := many; taken bigint; live record; changed bigint;
begin
    if current_user <> 'purser_service' then perform set_config('role', 'purser_service', true); end if;
    outcome := 'unfit';
    select s.unposted_micros, s.held_micros, s.dirty into unposted, held, is_noted
    from spending s where s.customer_id = whose for update;
    if unposted is distinct from 0 then return; end if;
    today := (asked_at at time zone 'UTC')::date;
    select c.unit, c.balance, c.version + 1, c.floor, r.balance, d.customer_id is not null,
        exists (
            select from transfers t where t.customer_id = whose and t.source_type = 'usage' and t.source_id = fact
                and t.kind = 'usage')
        or exists (
            select from grants g where g.customer_id = whose and g.posted_at is null and g.voided_at is null
                and g.effective_at <= asked_at)
        or exists (
            select from grants g where g.customer_id = whose and g.remaining_micros > 0 and g.expires_at <= asked_at)
    into its_unit, funds, place, least_funds, earned, has_day, is_unfit
    from accounts c
    join accounts r on r.customer_id = c.customer_id and r.unit = c.unit and r.name = 'revenue'
    left join balance_days d on d.customer_id = c.customer_id and d.day = today
    where c.customer_id = whose and c.name = 'credits';
    if is_unfit is distinct from false or least_funds is null or funds - held - many < least_funds
            or earned + many > 2305843009213693952 then
        return;
    end if;
    after := funds - many;
    insert into transfers (id, customer_id, unit, debit_account, credit_account, amount, kind, source_type, source_id,
        description, booked_at, sequence, change_micros, balance_after_micros)
    values (transfer_name, whose, its_unit, 'credits', 'revenue', many, 'usage', 'usage', fact, words, asked_at, place,
        -many, after);
    update accounts set balance = balance + case name when 'credits' then -many else many end, version = version + 1,
        debt = 0
    where customer_id = whose and unit = its_unit and name in ('credits', 'revenue');
    -- The order is that of app/domain/grants.py; what no grant covers is the customer's debt.
    for live in
        select g.id, g.remaining_micros from grants g where g.customer_id = whose and g.remaining_micros > 0
        order by g.priority, g.expires_at nulls last, g.kind in ('purchased', 'proration'), g.effective_at,
            g.id collate "C"
    loop
        taken := least(rest, live.remaining_micros);
        insert into allocations (customer_id, transfer_id, grant_id, micros) values (whose, transfer_name, live.id, taken);
        update grants set remaining_micros = remaining_micros - taken where customer_id = whose and id = live.id;
        rest := rest - taken;
        exit when rest = 0;
    end loop;
    if not has_day then
        insert into balance_days (customer_id, day, added_micros, used_micros, closing_micros)
        values (whose, today, 0, 0, coalesce((
            select b.closing_micros from balance_days b where b.customer_id = whose and b.day < today
            order by b.day desc limit 1), 0));
    end if;
    -- A clock may have gone back: the balances at the ends of later days follow.
    update balance_days set used_micros = used_micros + case day when today then many else 0 end,
        closing_micros = closing_micros - many
    where customer_id = whose and day >= today;
    if not is_noted then update spending set dirty = true where customer_id = whose; end if;
    outcome := 'recorded';
end $$;
