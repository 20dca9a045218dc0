/**
 * Visits, calls, texts, sales and costs by campaign, in one question to the record. Whatever hangs on a call or a text
 * is shared out by the latest revision of its attribution: a credited one wholly to its visit's group, an ambiguous one
 * in parts by probability, kept apart, the rest and what belongs to nobody to the row (none). So each column adds up to
 * what took place. Amounts of different currencies are never added.
 */
import { type RawBuilder, sql } from 'kysely';
import type { EnterpriseId } from '../../ports/ids.ts';
import type { Db } from '../../records/schema.ts';
import type { Range } from './report-range.postgres.ts';

export const groupings = ['campaign', 'source', 'medium', 'keyword', 'landingPage'] as const;
export type Grouping = (typeof groupings)[number];

/** One sum: of a group, of all (`*`), or of what has none (`-`). `currency` is null for counts. */
export interface Measured {
  readonly key: string;
  readonly measure: Measure;
  readonly currency: string | null;
  readonly amount: number;
}

export type Measure =
  | 'visits'
  | 'visitsWithNumber'
  | 'calls'
  | 'expectedCalls'
  | 'callers'
  | 'texts'
  | 'expectedTexts'
  | 'onlineSales'
  | 'leads'
  | 'refunds'
  | 'phoneSales'
  | 'expectedPhoneSales'
  | 'onlineValue'
  | 'phoneValue'
  | 'expectedPhoneValue'
  | 'refundedValue'
  | 'spend'
  | 'numberCost';

/** A group's key: `=` and its name, `~` for visits without one, `-` for what belongs to no visit, `*` for all. */
export const keyOf = Object.freeze({ none: '-', total: '*', unnamed: '~', named: '=' });

interface Question {
  readonly enterpriseId: EnterpriseId;
  readonly by: Grouping;
  readonly range: Range;
  readonly rowsMax: number;
}

/** All sums of the largest groups, of (none) and of the total; `groups` counts those left off too. */
export async function measureCampaigns(db: Db, question: Question): Promise<{ measured: Measured[]; groups: number }> {
  const { rows } = await sql<Measured & { groups: number }>`
    with ${subjects(question)}, ${credits()}, ${facts(question)}, ${measures(question)},
    ranked as (
      select key, row_number() over (
        order by sum(amount) filter (where measure in ('visits', 'calls')) desc nulls last, key) as place
      from measured where key not in (${keyOf.total}, ${keyOf.none}) group by key
    )
    select measured.key, measured.measure, measured.currency, measured.amount::float8 as amount,
      (select count(*) from ranked)::int as groups
    from measured left join ranked on ranked.key = measured.key
    where ranked.place is null or ranked.place <= ${question.rowsMax}
    order by ranked.place nulls last, measured.key`.execute(db);
  return { measured: rows, groups: rows[0]?.groups ?? 0 };
}

/** What hangs on a call or conversation and must be shared out, once each. `contact` tells callers apart. */
function subjects({ enterpriseId, range: { from, to } }: Question): RawBuilder<unknown> {
  return sql`subject_fact as (
      select id as subject, 'call' as kind, coalesce(ani, id) as contact, null::numeric as value, null::text as currency
      from call where enterprise_id = ${enterpriseId} and direction = 'inbound' and started_at >= ${from} and started_at < ${to}
      union all
      select call_id, lower(disposition), null, value, currency
      from outcome where enterprise_id = ${enterpriseId} and at >= ${from} and at < ${to}
        and lower(disposition) in ('sale', 'refund')
      union all
      select outcome.call_id, 'refund', null, conversion.value, conversion.currency
      from conversion join outcome on outcome.id = conversion.refund_of_outcome_id
      where conversion.enterprise_id = ${enterpriseId}
        and conversion.occurred_at >= ${from} and conversion.occurred_at < ${to}
      union all
      select conversation_id, 'text', null, null, null
      from message where enterprise_id = ${enterpriseId} and direction = 'inbound'
        and created_at >= ${from} and created_at < ${to}
    )`;
}

/** Who each call and conversation is credited to: whole shares that are certain, parts that are not. */
function credits(): RawBuilder<unknown> {
  return sql`belief as (
      select asked.subject, latest.decision, latest.visit_id, latest.candidates
      from (select distinct subject from subject_fact) as asked
      left join lateral (
        select decision, visit_id, candidates from attribution
        where subject = asked.subject order by revision desc limit 1
      ) as latest on true
    ),
    part as (
      select belief.subject, candidate->>'visitId' as visit_id, (candidate->>'probability')::float8 as share
      from belief, jsonb_array_elements(
        case when jsonb_typeof(belief.candidates) = 'array' then belief.candidates else '[]' end) as candidate
      where belief.decision = 'ambiguous' and candidate->>'visitId' is not null
    ),
    credit as (
      select subject, case when decision = 'credited' then visit_id end as visit_id, 1::float8 as share, true as certain
      from belief where decision is distinct from 'ambiguous'
      union all
      select subject, visit_id, share, false from part
      union all
      select belief.subject, null, greatest(0, 1 - coalesce(sum(part.share), 0)), false
      from belief left join part on part.subject = belief.subject
      where belief.decision = 'ambiguous' group by belief.subject
    )`;
}

function facts(question: Question): RawBuilder<unknown> {
  const { enterpriseId, range } = question;
  const { from, to } = range;
  const key = keyExpression(question.by);
  return sql`own_visit as (
      select ${key} as key, exists (select 1 from lease where lease.visit_id = visit.id) as has_number
      from visit where enterprise_id = ${enterpriseId} and started_at >= ${from} and started_at < ${to}
    ),
    shared as (
      select subject_fact.kind, subject_fact.value, subject_fact.currency, credit.share, credit.certain,
        case when visit.id is null then ${keyOf.none} else ${key} end as key,
        case when visit.id is null then subject_fact.contact else coalesce(visit.visitor_id, visit.id) end as person
      from subject_fact join credit on credit.subject = subject_fact.subject
      left join visit on visit.id = credit.visit_id and visit.enterprise_id = ${enterpriseId}
    ),
    online as (
      select conversion.kind, conversion.value, conversion.currency,
        case when visit.id is null then ${keyOf.none} else ${key} end as key
      from conversion left join visit on visit.id = conversion.visit_id
      where conversion.enterprise_id = ${enterpriseId} and conversion.refund_of_outcome_id is null
        and conversion.occurred_at >= ${from} and conversion.occurred_at < ${to}
    ),
    leased as (
      select ${key} as key, count(*)::float8 as leases
      from lease join visit on visit.id = lease.visit_id
      where lease.pool_id in (select id from pool where enterprise_id = ${enterpriseId})
        and lease.granted_at >= ${from} and lease.granted_at < ${to}
      group by 1
    ),
    ${numberCosts(question)}`;
}

/**
 * What the numbers cost in the span, a month taken as a twelfth of a year. The two columns come with the inventory's
 * own migration; a record without them has no costs.
 */
function numberCosts({ enterpriseId, range: { from, to } }: Question): RawBuilder<unknown> {
  const months = (to.getTime() - from.getTime()) / ((365.2425 * 86_400_000) / 12);
  return sql`cost as (
      select currency, sum(monthly) * ${months}::float8 as amount
      from (
        select (to_jsonb(number)->>'monthly_cost')::float8 as monthly, to_jsonb(number)->>'currency' as currency
        from number where enterprise_id = ${enterpriseId} and state <> 'released'
      ) as priced
      where monthly is not null and currency is not null group by currency
    )`;
}

/** Everything as one long list: group, measure, currency, amount, with the total of each beside its groups. */
function measures({ enterpriseId, by, range: { from, to, timeZone } }: Question): RawBuilder<unknown> {
  const key = sql`case when grouping(key) = 1 then ${keyOf.total} else key end`;
  const counted = sql`null::text as currency`;
  const byKey = sql`group by grouping sets ((key), ())`;
  const byMoney = sql`group by grouping sets ((key, currency), (currency))`;
  const isDay = sql`(day::timestamp at time zone ${timeZone}) >= ${from} and (day::timestamp at time zone ${timeZone}) < ${to}`;
  const spendKey = by === 'campaign' ? byMoney : sql`group by grouping sets ((currency))`;
  const spendGroup = by === 'campaign' ? key : sql`${keyOf.total}::text`;
  return sql`measured as (
      select ${key} as key, 'visits' as measure, ${counted}, count(*)::float8 as amount from own_visit ${byKey}
      union all
      select ${key}, 'visitsWithNumber', ${counted}, count(*) filter (where has_number) from own_visit ${byKey}
      union all
      select ${key}, case when certain then 'calls' else 'expectedCalls' end, ${counted}, sum(share)
      from shared where kind = 'call' group by grouping sets ((key, certain), (certain))
      union all
      select ${key}, 'callers', ${counted}, count(distinct person) from shared where kind = 'call' and certain ${byKey}
      union all
      select ${key}, case when certain then 'texts' else 'expectedTexts' end, ${counted}, sum(share)
      from shared where kind = 'text' group by grouping sets ((key, certain), (certain))
      union all
      select ${key}, case when certain then 'phoneSales' else 'expectedPhoneSales' end, ${counted}, sum(share)
      from shared where kind = 'sale' group by grouping sets ((key, certain), (certain))
      union all
      select ${key}, 'phoneValue', currency, sum(value::float8)
      from shared where kind = 'sale' and certain and currency is not null ${byMoney}
      union all
      select ${key}, 'expectedPhoneValue', currency, sum(case kind when 'sale' then share else -share end * value::float8)
      from shared where kind in ('sale', 'refund') and not certain and currency is not null ${byMoney}
      union all
      select ${key}, case kind when 'sale' then 'onlineSales' else 'leads' end, ${counted}, count(*)::float8
      from online where kind in ('sale', 'lead') group by grouping sets ((key, kind), (kind))
      union all
      select ${key}, 'onlineValue', currency, sum(value::float8)
      from online where kind in ('sale', 'lead') and currency is not null ${byMoney}
      union all
      select ${key}, 'refunds', ${counted}, count(*)::float8
      from (select key from online where kind = 'refund'
        union all select key from shared where kind = 'refund' and certain) as refund ${byKey}
      union all
      select ${key}, 'refundedValue', currency, -sum(value::float8)
      from (select key, currency, value from online where kind = 'refund'
        union all select key, currency, value from shared where kind = 'refund' and certain) as refund
      where currency is not null ${byMoney}
      union all
      select ${spendGroup}, 'spend', currency, sum(amount)::float8
      from (select ${keyOf.named} || campaign as key, currency, amount
        from spend where enterprise_id = ${enterpriseId} and ${isDay}) as spent ${spendKey}
      union all
      select coalesce(leased.key, ${keyOf.none}), 'numberCost', cost.currency,
        cost.amount * coalesce(leased.leases / nullif((select sum(leases) from leased), 0), 1)
      from cost left join leased on true
      union all
      select ${keyOf.total}, 'numberCost', currency, amount from cost
    )`;
}

/** A visit's group: `=name`, or `~` when it arrived without one. A landing page is its address without query. */
function keyExpression(by: Grouping): RawBuilder<string> {
  const name = {
    campaign: sql`visit.arrival->>'utmCampaign'`,
    source: sql`visit.arrival->>'utmSource'`,
    medium: sql`visit.arrival->>'utmMedium'`,
    keyword: sql`visit.arrival->>'utmTerm'`,
    landingPage: sql`split_part(split_part(visit.arrival->>'url', '#', 1), '?', 1)`,
  }[by];
  return sql<string>`coalesce(${keyOf.named} || nullif(${name}, ''), ${keyOf.unnamed})`;
}
