import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { securitySchemes } from './auth';
import { FieldProblem, Problem } from './platform/http';

const DESCRIPTION = `One door to SIMAS-ID, Common KYC, GTF OneKYC and SATUSEHAT, with a ledger of what happened.

**Trying it out.** \`npm start\` prints a user's token and the back office's credentials; press **Authorize**, paste them, and run any route against the partner lab.

**Errors** are RFC 9457 problem details with a stable \`code\`; the OTP webhook alone answers \`{ "error", "error_description" }\`.
**Lists** are newest first: pass \`nextCursor\` back as \`cursor\`.
**Creating** routes take an optional \`Idempotency-Key\`: the same key and body give the first answer again.`;

/** The OpenAPI document, the authority for details of the API. */
export function createDocument(app: INestApplication): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setTitle('KYC Gateway')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .addTag('Person', 'The person behind a token')
    .addTag('OTP', 'One-time passwords on their way to people')
    .addTag('GTF e-KYC', 'GoTo Financial OneKYC: KTP, selfie, liveness, standalone identity verification')
    .addTag('SATUSEHAT', "The Ministry of Health's KYC")
    .addTag('Common KYC', 'Approved data shared through SIMAS-ID')
    .addTag('Submissions', 'The ledger: what happened, and who decided')
    .addTag('Operation', 'Health and metrics');
  for (const [name, scheme] of Object.entries(securitySchemes)) builder.addSecurity(name, scheme);
  return SwaggerModule.createDocument(app, builder.build(), { extraModels: [Problem, FieldProblem] });
}

/** Swagger UI at `/docs`, served from this process; the document at `/openapi.json`. */
export function setupDocumentation(app: INestApplication): void {
  SwaggerModule.setup('docs', app, () => createDocument(app), {
    jsonDocumentUrl: 'openapi.json',
    customSiteTitle: 'KYC Gateway',
    swaggerOptions: { persistAuthorization: true, displayRequestDuration: true, tryItOutEnabled: true },
  });
}
