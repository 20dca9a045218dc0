-- A call is written once, as it stands after its first effects: an offer may come before the call it is for, within one
-- transaction.

alter table offer alter constraint offer_call_id_fkey deferrable initially deferred;
