-- What keeps documents as they are: the same as before, but that each kind of change has conditions of its own. As one
-- condition of all kinds it was planned anew each time, which took longer than all else that numbers a document:
-- where nothing is to be asked, as of a new row, a plan made for it costs nothing, so that none was kept for the others.

create or replace function purser_document_kept() returns trigger language plpgsql as $$
declare
    later text[] := array['state', 'paid_minor', 'paid_at', 'paid_with', 'returned_minor', 'voided_at',
        'credited_minor', 'carried_to_id', 'credit_paid_minor'];
    numbering text[] := later || array['number', 'year', 'place', 'issued_at', 'due_on'];
    many bigint; lines_net bigint; taxed_net bigint; taxed_tax bigint;
begin
    if tg_op = 'INSERT' then
        if new.number is not null then
            raise exception 'a document begins as a draft' using errcode = 'integrity_constraint_violation';
        end if;
    elsif tg_op = 'DELETE' then
        raise exception 'documents are kept' using errcode = 'integrity_constraint_violation';
    elsif old.number is not null then
        if to_jsonb(new) - later is distinct from to_jsonb(old) - later then
            raise exception 'a document that has a number is final' using errcode = 'integrity_constraint_violation';
        end if;
    elsif new.number is not null then
        select count(*), coalesce(sum(l.net_minor), 0) into many, lines_net
        from document_lines l where l.customer_id = new.customer_id and l.document_id = new.id;
        select coalesce(sum(t.net_minor), 0), coalesce(sum(t.tax_minor), 0) into taxed_net, taxed_tax
        from document_taxes t where t.customer_id = new.customer_id and t.document_id = new.id;
        if to_jsonb(new) - numbering is distinct from to_jsonb(old) - numbering or many = 0
            or new.net_minor <> lines_net or new.tax_minor <> taxed_tax
            or (new.kind not in ('receipt', 'refund_receipt') and new.net_minor <> taxed_net)
        then
            raise exception 'a document is numbered as it was drafted, and adds up'
                using errcode = 'integrity_constraint_violation';
        end if;
    end if;
    return new;
end $$;
