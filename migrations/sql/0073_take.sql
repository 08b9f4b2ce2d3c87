-- Calls of several customers that go together: their rows of `spending` are locked first, without waiting for anybody, so
-- that no customer waits for another one's, and no two such transactions for each other. What follows in the transaction
-- locks them again, and reads with a younger snapshot.

-- Lock the rows of these customers, or fail (55P03) with those as its detail that somebody else has, or that are not there.
create function purser_take(whose text[]) returns void language plpgsql as $$
declare
    busy text;
begin
    if current_user <> 'purser_service' then perform set_config('role', 'purser_service', true); end if;
    perform set_config('lock_timeout', '4s', true);
    with free as (
        select s.customer_id from spending s where s.customer_id = any(whose) for update skip locked
    )
    select string_agg(w.customer_id, ' ') into busy from unnest(whose) w(customer_id)
    where not exists (select from free f where f.customer_id = w.customer_id);
    if busy is not null then
        raise exception 'others have rows of these customers' using errcode = 'lock_not_available', detail = busy;
    end if;
end $$;
