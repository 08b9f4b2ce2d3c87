-- A request with an Idempotency-Key on the way of authorizations: claimed, and its answer kept, as app/services/idempotency.py
-- does both, without SQLAlchemy and in transactions that calls share.

-- Claim a request for an API key that is good and may authorize for this customer. Not claimed: the key is not good, or there
-- is a row, of which the usual way says what it means.
create function purser_claim(
    key_id text, key_hash text, whose text, request_key text, request_path text, request_digest text,
    asked_at timestamptz, until timestamptz, out claimed boolean
) language plpgsql as $$
begin
    if current_user <> 'purser_service' then perform set_config('role', 'purser_service', true); end if;
    insert into api_requests (api_key_id, key, path, digest, body, created_at, lease_until)
    select k.id, request_key, request_path, request_digest, '', asked_at, until
    from api_keys k
    where k.id = key_id and k.secret_hash = key_hash and k.revoked_at is null
        and (k.expires_at is null or k.expires_at > asked_at)
        and string_to_array(k.scopes, ' ') && array['all', 'usage:write']
        and (k.customer_id is null or k.customer_id = whose)
    on conflict do nothing;
    claimed := found;
end $$;

-- Keep what was answered, unless the lease went to another meanwhile.
create function purser_keep(key_id text, request_key text, until timestamptz, answer text, out kept boolean)
language plpgsql as $$
begin
    if current_user <> 'purser_service' then perform set_config('role', 'purser_service', true); end if;
    update api_requests r set status = 200, body = answer
    where r.api_key_id = key_id and r.key = request_key and r.lease_until = until;
    kept := found;
end $$;
