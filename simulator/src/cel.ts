/** What a selector may look at: `disk`, `volume`, `system_disk`. */
export type CelScope = Record<string, unknown>;

const units: Record<string, number> = {
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

/**
 * Evaluates the part of CEL that volume and disk selectors are written in: comparisons, `&&`, `||`, `!`, `in`, arithmetic with
 * sizes (`10u * GiB`) and the string functions startsWith, endsWith, contains and matches.
 * Throws an Error that says what it does not understand.
 */
export function evaluateCel(expression: string, scope: CelScope): unknown {
  const parser = new Parser(tokens(expression), { ...units, true: true, false: false, ...scope });
  const value = parser.or();
  parser.expectEnd();
  return value;
}

function tokens(expression: string): string[] {
  const pattern =
    /\s+|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\d+(?:\.\d+)?u?|[A-Za-z_]\w*|&&|\|\||==|!=|<=|>=|[-+*/<>!().,[\]])/gy;
  const found: string[] = [];
  let end = 0;
  for (const match of expression.matchAll(pattern)) {
    if (match[1] !== undefined) found.push(match[1]);
    end = match.index + match[0].length;
  }
  if (end !== expression.length)
    throw new Error(`Syntax error: token recognition error at: '${expression.slice(end, end + 1)}'`);
  return found;
}

class Parser {
  readonly #tokens: string[];
  readonly #scope: CelScope;
  #position = 0;

  constructor(tokenList: string[], scope: CelScope) {
    this.#tokens = tokenList;
    this.#scope = scope;
  }

  expectEnd(): void {
    if (this.#position < this.#tokens.length)
      throw new Error(`Syntax error: extraneous input '${this.#tokens[this.#position]}'`);
  }

  or(): unknown {
    let value = this.and();
    while (this.#take('||')) {
      const right = this.and();
      value = Boolean(value) || Boolean(right);
    }
    return value;
  }

  and(): unknown {
    let value = this.relation();
    while (this.#take('&&')) {
      const right = this.relation();
      value = Boolean(value) && Boolean(right);
    }
    return value;
  }

  relation(): unknown {
    const left = this.sum();
    const operator = ['==', '!=', '<=', '>=', '<', '>', 'in'].find((one) => this.#take(one));
    if (operator === undefined) return left;
    const right = this.sum();
    switch (operator) {
      case '==':
        return left === right;
      case '!=':
        return left !== right;
      case 'in':
        return Array.isArray(right) && right.includes(left);
      default:
        return compare(Number(left), Number(right), operator);
    }
  }

  sum(): unknown {
    let value = this.product();
    for (;;) {
      if (this.#take('+')) {
        const right = this.product();
        value = typeof value === 'string' ? `${value}${String(right)}` : Number(value) + Number(right);
      } else if (this.#take('-')) value = Number(value) - Number(this.product());
      else return value;
    }
  }

  product(): unknown {
    let value = this.unary();
    for (;;) {
      if (this.#take('*')) value = Number(value) * Number(this.unary());
      else if (this.#take('/')) value = Number(value) / Number(this.unary());
      else return value;
    }
  }

  unary(): unknown {
    if (this.#take('!')) return !this.unary();
    if (this.#take('-')) return -Number(this.unary());
    let value = this.primary();
    while (this.#take('.')) {
      const name = this.#next();
      value = this.#take('(') ? callMethod(value, name, this.#list(')')) : member(value, name);
    }
    return value;
  }

  primary(): unknown {
    const token = this.#next();
    if (token === '(') {
      const value = this.or();
      if (!this.#take(')')) throw new Error("Syntax error: missing ')'");
      return value;
    }
    if (token === '[') return this.#list(']');
    if (/^["']/.test(token)) return token.slice(1, -1).replaceAll(/\\(.)/g, '$1');
    if (/^\d/.test(token)) return Number.parseFloat(token);
    if (token in this.#scope) return this.#scope[token];
    throw new Error(`undeclared reference to '${token}'`);
  }

  #list(end: string): unknown[] {
    const values: unknown[] = [];
    while (!this.#take(end)) {
      if (values.length > 0 && !this.#take(',')) throw new Error(`Syntax error: missing '${end}'`);
      values.push(this.or());
    }
    return values;
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#position] !== token) return false;
    this.#position += 1;
    return true;
  }

  #next(): string {
    const token = this.#tokens[this.#position];
    if (token === undefined) throw new Error('Syntax error: unexpected end of expression');
    this.#position += 1;
    return token;
  }
}

function compare(left: number, right: number, operator: string): boolean {
  if (operator === '<') return left < right;
  if (operator === '<=') return left <= right;
  return operator === '>' ? left > right : left >= right;
}

function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null) throw new Error(`no such key: ${name}`);
  const found = (value as Record<string, unknown>)[name];
  if (found === undefined) throw new Error(`undefined field '${name}'`);
  return found;
}

function callMethod(value: unknown, name: string, args: unknown[]): unknown {
  const [text, argument] = [String(value), String(args[0])];
  switch (name) {
    case 'startsWith':
      return text.startsWith(argument);
    case 'endsWith':
      return text.endsWith(argument);
    case 'contains':
      return text.includes(argument);
    case 'matches':
      return new RegExp(argument).test(text);
    default:
      throw new Error(`undeclared reference to '${name}'`);
  }
}
