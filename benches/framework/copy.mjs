// Copies PRODUCT#big to PRODUCT#TENANT with the framework's own publishSync, the way its migration guide does.
//
// node copy.mjs ENDPOINT TENANT CONCURRENCY
//
// Prints one line of JSON: the version of the framework, the items, the seconds of the loop alone and the processor seconds of this process in it.
// The source is read beforehand, as the bench's other loops have it, and whole: the guide's own reading stops after a page of 10.

import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const SOURCE = 'PRODUCT#big';
const PAGE = 1000;

/** Answers every message to a topic: versions that send one for each item would wait for it, and stop without. */
async function topics() {
  const answer =
    '<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>';
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.setHeader('content-type', 'text/xml').end(answer));
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  server.unref();
  return `http://127.0.0.1:${server.address().port}`;
}

/** The application that the framework asks for: nothing but one module of commands. */
async function application(endpoint) {
  const away = await topics();
  Object.assign(process.env, {
    NODE_ENV: 'dev',
    APP_NAME: 'shop',
    LOG_LEVEL: 'error',
    EVENT_SOURCE_DISABLED: 'true',
    ATTRIBUTE_LIMIT_SIZE: '389120',
    AWS_ACCESS_KEY_ID: 'sandbox',
    AWS_SECRET_ACCESS_KEY: 'sandbox',
    AWS_REGION: 'ap-northeast-1',
    DYNAMODB_ENDPOINT: endpoint,
    DYNAMODB_REGION: 'ap-northeast-1',
    S3_ENDPOINT: away,
    S3_REGION: 'ap-northeast-1',
    S3_BUCKET_NAME: 'bench',
    SFN_ENDPOINT: away,
    SFN_REGION: 'ap-northeast-1',
    SFN_COMMAND_ARN: 'arn:aws:states:ap-northeast-1:000000000000:stateMachine:command',
    SNS_ENDPOINT: away,
    SNS_REGION: 'ap-northeast-1',
    SNS_TOPIC_ARN: 'arn:aws:sns:ap-northeast-1:000000000000:bench',
    SES_ENDPOINT: away,
    SES_REGION: 'ap-northeast-1',
    SES_FROM_EMAIL: 'bench@example.com',
    APPSYNC_ENDPOINT: away,
  });
  // Some of its modules read the environment when they are loaded.
  await import('reflect-metadata');
  const { Module } = await import('@nestjs/common');
  const { NestFactory } = await import('@nestjs/core');
  const framework = (await import('@mbc-cqrs-serverless/core')).default;

  class Root {}
  Module({ imports: [framework.CommandModule.register({ tableName: 'product' })] })(Root);
  const app = await NestFactory.createApplicationContext(framework.AppModule.forRoot({ rootModule: Root }), {
    logger: ['error'],
  });
  return { framework, app };
}

async function read(data) {
  const all = [];
  let startFromSk;
  do {
    const page = await data.listItemsByPk(SOURCE, { startFromSk, limit: PAGE });
    all.push(...page.items);
    startFromSk = page.lastSk;
  } while (startFromSk);
  return all;
}

const [endpoint, tenant, concurrency] = process.argv.slice(2);
const { framework, app } = await application(endpoint);
const commands = app.get(framework.CommandService, { strict: false });
const source = await read(app.get(framework.DataService, { strict: false }));
const invokeContext = {
  event: { requestContext: { http: { sourceIp: '127.0.0.1' }, authorizer: { jwt: { claims: { sub: 'operator-1' } } } } },
  context: { awsRequestId: 'bench' },
};

async function publish(item) {
  const pk = `PRODUCT${framework.KEY_SEPARATOR}${tenant}`;
  await commands.publishSync(
    {
      pk,
      sk: item.sk,
      id: framework.generateId(pk, item.sk),
      tenantCode: tenant,
      code: item.code,
      name: item.name,
      type: item.type,
      attributes: item.attributes,
      metadata: { migratedFrom: item.id, migratedAt: new Date().toISOString(), sourceTenant: 'big' },
    },
    { invokeContext },
  );
}

let next = 0;
async function worker() {
  while (next < source.length) {
    await publish(source[next++]);
  }
}

const [began, used] = [process.hrtime.bigint(), process.cpuUsage()];
await Promise.all(Array.from({ length: Number(concurrency) }, worker));
const seconds = Number(process.hrtime.bigint() - began) / 1e9;
const { user, system } = process.cpuUsage(used);

const { version } = createRequire(import.meta.url)('@mbc-cqrs-serverless/core/package.json');
console.log(JSON.stringify({ version, items: source.length, seconds, cpu: (user + system) / 1e6 }));
await app.close();
