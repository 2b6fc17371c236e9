import {
  ProxyTracerProvider,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
} from '@opentelemetry/api';
import type { FastifyInstance, FastifyRequest } from 'fastify';

const spans = new WeakMap<FastifyRequest, Span>();

/**
 * Joins requests to the trace that they belong to (W3C Trace Context, `traceparent`), and makes a span of each for whatever OpenTelemetry
 * SDK the program was started with (`node --import`). Without one nothing is recorded; the ids stand in the log all the same.
 */
export function addTracing(app: FastifyInstance): void {
  const tracer = trace.getTracer('klpkit-server');
  app.addHook('onRequest', (request, _reply, done) => {
    // Without an SDK there is nothing to record, and without the header there are no ids either.
    if (request.headers.traceparent === undefined && !isRecording()) return done();
    const route = request.routeOptions.url ?? 'none';
    const attributes = { 'http.request.method': request.method, 'http.route': route };
    const options = { kind: SpanKind.SERVER, attributes };
    spans.set(request, tracer.startSpan(`${request.method} ${route}`, options, contextOf(request)));
    done();
  });
  app.addHook('onResponse', (request, reply, done) => {
    const span = spans.get(request);
    span?.setAttribute('http.response.status_code', reply.statusCode);
    if (reply.statusCode >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
    span?.end();
    done();
  });
}

/** What a proxy hands through to as long as nobody has given it anything. */
const noProvider = new ProxyTracerProvider().getDelegate();

/** Whether the program was started with an SDK; the API's own tracers only hand ids through. */
function isRecording(): boolean {
  const provider = trace.getTracerProvider();
  return !(provider instanceof ProxyTracerProvider) || provider.getDelegate() !== noProvider;
}

/** The ids of a request's trace, for its log lines; nothing where it belongs to none. */
export function traceOf(request: FastifyRequest): { trace_id?: string; span_id?: string } {
  const ids = spans.get(request)?.spanContext();
  // An id of zeroes is the way in which OpenTelemetry says that there is none.
  return ids === undefined || /^0+$/.test(ids.traceId) ? {} : { trace_id: ids.traceId, span_id: ids.spanId };
}

/** Version 00 of `traceparent`; anything else is as good as nothing (W3C Trace Context, 3.2.2). */
function contextOf(request: FastifyRequest): typeof ROOT_CONTEXT {
  const header = request.headers.traceparent;
  const match = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(typeof header === 'string' ? header : '');
  const [, traceId = '', spanId = '', flags = ''] = match ?? [];
  if (match === null || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return ROOT_CONTEXT;
  const traceFlags = Number.parseInt(flags, 16) & TraceFlags.SAMPLED;
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags, isRemote: true });
}
