-- A top-up that the processor says is paid, in one round trip: app/services/payments/at_once.py decides it ahead, from
-- rows that `purser_to_settle` has read before the processor was asked, and `purser_settle` writes it.
--
-- It locks as everybody does: the payment, the customer's row of `spending`, the customer. What it reads then has a
-- snapshot that is younger than the locks. Where a row that was decided from has been written since, or anything else
-- is not plain (usage to be posted, a debt, a grant that is due, an open invoice), it is `unfit`, and nothing is written.
-- What only the locks can say is filled in here: the balances, the places of the history and of the events, the number.

-- Says by which transactions the rows were written that a settlement is decided from.
create function purser_decided_from(whose text, which text) returns text language plpgsql stable as $$
begin
    return concat_ws('|', p.xmin, coalesce(m.xmin::text, ''), c.xmin, coalesce(a.xmin::text, ''), (
            select max(v.version) from catalog_versions v where v.catalog = c.catalog
        ), (
            select string_agg(r.email || ' ' || r.xmin::text, ',' order by r.email) from invoice_recipients r
            where r.customer_id = whose
        ))
    from payments p
    join customers c on c.customer_id = p.customer_id
    left join payment_methods m on m.customer_id = p.customer_id and m.id = p.method_id
    left join invoice_addresses a on a.customer_id = p.customer_id
    where p.customer_id = whose and p.id = which;
end $$;

create function purser_to_settle(
    which text, out payment json, out customer json, out own_digest text, out last_version bigint,
    out last_digest text, out decided_from text, out method json, out address json, out recipients json
) language plpgsql as $$
begin
    if current_user <> 'purser_service' then perform set_config('role', 'purser_service', true); end if;
    select row_to_json(p), row_to_json(c), o.digest, l.version, l.digest, purser_decided_from(p.customer_id, p.id),
        row_to_json(m), row_to_json(a), (
            select json_agg(r order by r.email) from invoice_recipients r where r.customer_id = p.customer_id)
    into payment, customer, own_digest, last_version, last_digest, decided_from, method, address, recipients
    from payments p
    join customers c on c.customer_id = p.customer_id
    left join payment_methods m on m.customer_id = p.customer_id and m.id = p.method_id
    left join invoice_addresses a on a.customer_id = p.customer_id
    join catalog_versions o on o.catalog = c.catalog and o.version = c.catalog_version
    join catalog_versions l on l.catalog = c.catalog and l.version = (
        select max(v.version) from catalog_versions v where v.catalog = c.catalog
    )
    where p.id = which;
end $$;

create function purser_number(series text, year bigint, place bigint) returns text language plpgsql immutable as $$
begin
    return series || '-' || year || '-' || case when place < 1000000 then lpad(place::text, 6, '0') else place::text end;
end $$;

create function purser_settle(
    whose text, which text, was_decided_from text, said jsonb, now_is timestamptz, out outcome text
) language plpgsql as $$
declare
    unposted bigint; is_noted boolean; is_fit boolean; many_moved bigint; new_place bigint; new_balance bigint;
    credited bigint; today date := (now_is at time zone 'UTC')::date; series record; new_number text;
    issued_before timestamptz; last_event bigint;
begin
    if current_user <> 'purser_service' then perform set_config('role', 'purser_service', true); end if;
    outcome := 'unfit';
    perform 1 from payments p where p.customer_id = whose and p.id = which for no key update;
    select s.unposted_micros, s.dirty into unposted, is_noted from spending s where s.customer_id = whose for update;
    perform 1 from customers c where c.customer_id = whose for no key update;
    if unposted is distinct from 0 then return; end if;
    select purser_decided_from(whose, which) is not distinct from was_decided_from
        and exists (
            select from accounts b where b.customer_id = whose and b.unit = said ->> 'unit' and b.name = 'credits'
                and b.balance >= 0)
        and not exists (
            select from grants g where g.customer_id = whose and g.posted_at is null and g.voided_at is null
                and g.effective_at <= now_is)
        and not exists (
            select from grants g where g.customer_id = whose and g.remaining_micros > 0 and g.expires_at <= now_is)
        and not exists (select from grants g where g.customer_id = whose and g.payment_id = which)
        and not exists (
            select from documents d where d.customer_id = whose and d.kind = 'invoice' and d.state = 'open')
    into is_fit;
    if not is_fit then return; end if;

    update payments p set state = r.state, received_minor = r.received_minor, action_url = r.action_url,
        problem = r.problem, updated_at = r.updated_at
    from jsonb_populate_recordset(null::payments, said -> 'moved_payments') r
    where p.customer_id = whose and p.id = which;
    update attempts t set state = r.state, code = r.code, finished_at = r.finished_at
    from jsonb_populate_recordset(null::attempts, said -> 'closed_attempts') r
    where t.customer_id = whose and t.payment_id = which and t.state in ('started', 'requires_action', 'processing');

    with changed as (
        update accounts b set balance = b.balance + m.change, version = b.version + m.many
        from jsonb_to_recordset(said -> 'moves') m(unit text, name text, change bigint, many bigint)
        where b.customer_id = whose and b.unit = m.unit and b.name = m.name
            and abs(b.balance + m.change) <= 2305843009213693952
        returning b.name, b.version, b.balance, m.change
    )
    select count(*), max(c.version) filter (where c.name = 'credits'), max(c.balance) filter (where c.name = 'credits'),
        max(c.change) filter (where c.name = 'credits')
    into many_moved, new_place, new_balance, credited from changed c;
    if many_moved <> jsonb_array_length(said -> 'moves') then raise exception 'an account that cannot be moved'; end if;
    insert into transfers (id, customer_id, unit, debit_account, credit_account, amount, kind, source_type, source_id,
        description, booked_at, sequence, change_micros, balance_after_micros)
    select r.id, whose, r.unit, r.debit_account, r.credit_account, r.amount, r.kind, r.source_type, r.source_id,
        r.description, r.booked_at, case when r.change_micros is not null then new_place end, r.change_micros,
        case when r.change_micros is not null then new_balance end
    from jsonb_populate_recordset(null::transfers, said -> 'new_transfers') r;
    insert into grants select r.* from jsonb_populate_recordset(null::grants, said -> 'new_grants') r;
    insert into balance_days as d (customer_id, day, added_micros, used_micros, closing_micros)
    values (whose, today, credited, 0, credited + coalesce((
        select b.closing_micros from balance_days b where b.customer_id = whose and b.day <= today
        order by b.day desc limit 1), 0))
    on conflict (customer_id, day) do update
        set added_micros = d.added_micros + credited, closing_micros = d.closing_micros + credited;
    -- A clock may have gone back: the balances at the ends of later days follow.
    update balance_days d set closing_micros = d.closing_micros + credited
    where d.customer_id = whose and d.day > today;
    if not is_noted then update spending set dirty = true where customer_id = whose; end if;

    if jsonb_array_length(said -> 'spent_budgets') > 0 then
        update auto_recharge_budgets b set reserved_minor = b.reserved_minor - r.amount_minor,
            charged_minor = b.charged_minor + r.amount_minor
        from jsonb_to_recordset(said -> 'spent_budgets') r(period_number bigint, amount_minor bigint)
        where b.customer_id = whose and b.period_number = r.period_number;
        if not found then raise exception 'charged without a budget'; end if;
        update auto_recharge_settings s set look_at = now_is
        where s.customer_id = whose and s.enabled and (s.look_at is null or s.look_at > now_is);
    end if;

    insert into documents select r.* from jsonb_populate_recordset(null::documents, said -> 'new_documents') r;
    insert into document_lines
    select r.* from jsonb_populate_recordset(null::document_lines, said -> 'new_document_lines') r;
    insert into document_taxes
    select r.* from jsonb_populate_recordset(null::document_taxes, said -> 'new_document_taxes') r;
    insert into document_files
    select r.* from jsonb_populate_recordset(null::document_files, said -> 'new_document_files') r;
    -- The row of the series is the last that is locked.
    insert into number_series as n (catalog, kind, prefix, year, last)
    select r.catalog, r.kind, r.prefix, r.year, 1
    from jsonb_populate_recordset(null::number_series, said -> 'numbers') r
    on conflict (catalog, kind, prefix, year) do update set last = n.last + 1
    returning n.catalog, n.kind, n.prefix, n.year, n.last into series;
    new_number := purser_number(series.prefix, series.year, series.last);
    select d.issued_at into issued_before from documents d
    where d.catalog = series.catalog and d.kind = series.kind
        and d.number = purser_number(series.prefix, series.year, greatest(series.last - 1, 1));
    update documents d set number = new_number, year = series.year, place = series.last, state = r.state,
        paid_minor = r.paid_minor, paid_at = r.paid_at, issued_at = greatest(now_is, issued_before)
    from jsonb_populate_recordset(null::documents, said -> 'numbered_documents') r
    where d.customer_id = whose and d.id = r.id;

    select e.sequence into last_event from outbox_events e where e.customer_id = whose
    order by e.sequence desc limit 1;
    insert into outbox_events (id, customer_id, sequence, type, source_id, data, state, tries, next_try_at, problem,
        created_at)
    select r.id, whose, coalesce(last_event, 0) + r.sequence, r.type, r.source_id, replace(r.data, said ->> 'mark', new_number), r.state,
        r.tries, r.next_try_at, r.problem, r.created_at
    from jsonb_populate_recordset(null::outbox_events, said -> 'new_events') r;
    insert into mails select r.* from jsonb_populate_recordset(null::mails, said -> 'new_mails') r on conflict do nothing;
    insert into audit_entries (id, customer_id, at, actor, action, subject, before, after, address)
    select r.id, whose, r.at, r.actor, r.action, r.subject, r.before, replace(r.after, said ->> 'mark', new_number), r.address
    from jsonb_populate_recordset(null::audit_entries, said -> 'new_audit_entries') r;
    outcome := 'settled';
end $$;
