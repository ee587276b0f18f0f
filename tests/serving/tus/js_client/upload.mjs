// Upload a file as a page or a program would: node upload.mjs '{"endpoint": …, "file": …, …}'; prints what happened.
import { createReadStream, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { PassThrough } from 'node:stream'

const wish = JSON.parse(process.argv[2])
const tus = createRequire(`${wish.modules}/`)('tus-js-client')
const { size } = statSync(wish.file)
const file = createReadStream(wish.file)
const sent = []

const upload = new tus.Upload(wish.deferred ? file.pipe(new PassThrough()) : file, {
  endpoint: wish.endpoint,
  uploadUrl: wish.uploadUrl ?? null,
  chunkSize: wish.chunkSize ?? Number.POSITIVE_INFINITY,
  uploadSize: wish.deferred ? null : size,
  uploadLengthDeferred: wish.deferred ?? false,
  uploadDataDuringCreation: wish.withCreation ?? false,
  retryDelays: [0, 100, 300, 1000, 1000, 1000, 2000, 2000, 2000],
  headers: wish.headers ?? { 'X-Key': 'me' },
  metadata: wish.metadata ?? { language: 'en', document_type: 'caption', filename: 'Հայ.wav' },
  onUploadUrlAvailable: () => process.stdout.write(`${JSON.stringify({ url: upload.url })}\n`),
  onBeforeRequest: (request) => sent.push(`${request.getMethod()} ${request.getHeader('Upload-Offset') ?? ''}`.trim()),
  onError: (error) => {
    process.stdout.write(`${JSON.stringify({ error: String(error), sent })}\n`)
    process.exit(1)
  },
  onSuccess: () => process.stdout.write(`${JSON.stringify({ url: upload.url, sent })}\n`),
})
upload.start()
