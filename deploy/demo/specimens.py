"""Specimen contents for the kinds of licences whose pages people want to see."""

import base64
import io
from datetime import UTC, date, datetime
from uuid import UUID

from PIL import Image, ImageDraw

from lib_kernel import CITY_ZONE, LicenseNumber
from svc_license.kind.domain import Kind, Rule
from svc_license.kind.page import PageContent

ISSUED_AT = datetime(2026, 3, 4, 1, tzinfo=UTC)
ORIGIN = "https://zwfw.example"
PERSON = ("李明", "11010519491231002X")
CHILD = ("李小雨", "41040220160601002X")
SHOP = ("平顶山市新华区李记面馆", "92410402MA4XD1234E")

FIELDS: dict[str, dict[str, str]] = {
    "食品经营许可证": {
        "operator_name": "平顶山市新华区李记面馆",
        "credit_code": "92410402MA4XD1234E",
        "legal_representative": "李明",
        "premises": "河南省平顶山市新华区建设路中段与开源路交叉口向东一百米路北鹰城商业街三号楼一层 108 号",
        "business_form": "餐饮服务经营者（小型餐馆）",
        "business_items": "热食类食品制售；冷食类食品制售（不含生食海产品）；自制饮品制售",
    },
    "营业执照": {
        "operator_name": "平顶山市鹰城餐饮管理有限公司",
        "entity_type": "有限责任公司（自然人投资或控股）",
        "legal_representative": "李明",
        "business_scope": "许可项目：餐饮服务；食品销售。一般项目：餐饮管理；外卖递送服务；会议及展览服务；"
        "厨具卫具及日用杂品批发"
        "（依法须经批准的项目，经相关部门批准后方可开展经营活动，具体经营项目以批准文件或许可证件为准）",
        "registered_capital": "壹佰万圆整",
        "founded_on": "2026-03-04",
        "premises": "河南省平顶山市新华区建设路中段鹰城商业街三号楼 108 号",
    },
    "不动产权证书": {
        "owner": "李明",
        "co_ownership": "单独所有",
        "location": "平顶山市湛河区姚电大道白龟湖畔小区 6 号楼 2 单元 1203 号",
        "unit_number": "410411001002GB00123F00060203",
        "right_type": "国有建设用地使用权／房屋所有权",
        "right_nature": "出让／市场化商品房",
        "usage": "城镇住宅用地／住宅",
        "area": "共有宗地面积 18,203.50㎡／房屋建筑面积 118.62㎡",
        "term": "国有建设用地使用权 2015年06月01日起 2085年05月31日止",
        "notes": "房屋结构：钢筋混凝土结构；总层数 26 层，所在层 12 层",
    },
    "道路运输证": {
        "operator_name": "平顶山市宝丰县顺通物流有限公司",
        "plate": "豫D·A6218（黄色）",
        "vehicle_type": "重型半挂牵引车",
        "seats": "准牵引总质量 39,800 kg",
        "permit_number": "豫交运管许可平字 410421003216 号",
        "scope": "道路普通货物运输",
        "valid_until": "2030-03-03",
    },
    "公共场所卫生许可证": {
        "operator_name": "平顶山市卫东区清泉商务宾馆",
        "legal_representative": "赵堃",
        "premises": "平顶山市卫东区矿工路东段 266 号",
        "scope": "住宿场所（宾馆）",
    },
    "出生医学证明": {
        "holder": "李玥瑶",
        "sex": "女",
        "born_at": "2026年03月02日 08时16分",
        "weeks": "39 周 + 2 天",
        "weight": "3,260 克",
        "length": "50 厘米",
        "place": "河南省平顶山市新华区",
        "hospital": "平顶山市第一人民医院",
        "mother": "王芳 居民身份证 410***********1246",
        "father": "李明 居民身份证 110***********002X",
    },
    "老年人优待证": {
        "holder": "李明",
        "sex": "男",
        "birth_date": "1949-12-31",
        "address": "平顶山市新华区建设路西段 18 号院",
    },
    "儿童福利证": {
        "holder": "李小雨",
        "sex": "女",
        "birth_date": "2016-06-01",
        "address": "平顶山市新华区建设路西段 18 号院",
    },
    "特种行业许可证": {
        "operator_name": "平顶山市卫东区清泉商务宾馆",
        "legal_representative": "赵堃",
        "premises": "平顶山市卫东区矿工路东段 266 号",
        "trade": "旅馆业",
        "scope": "住宿服务（客房 46 间，床位 78 张）",
    },
}


def content(kind: Kind) -> PageContent:
    """Return what a specimen of the kind says."""
    fields = dict(FIELDS.get(kind.name, {name: title for name, title in kind.titles.items()}))
    for name, about in kind.schema["properties"].items():
        if about.get("format") == "photo":
            fields[name] = portrait() if kind.holder_kind == "person" else lorry()
    person = CHILD if kind.validity.rule is Rule.BIRTHDAY else PERSON
    name, number = person if kind.holder_kind == "person" else SHOP
    today = ISSUED_AT.astimezone(CITY_ZONE).date()
    text = LicenseNumber(kind.code, kind.issuer, "20260000001").text
    return PageContent(
        license_id=UUID(int=20260304),
        number=text,
        holder_name=name,
        holder_number=number,
        issued_at=ISSUED_AT,
        valid_from=today,
        valid_until=kind.validity.last_day(today, fields, number),
        check_url=f"{ORIGIN}/public/v1/license-checks/{text}/K7M2Q9TX",
        fields=fields,
        first_issued_on=date(2021, 3, 4) if kind.name == "食品经营许可证" else None,
    )


def portrait() -> str:
    """Return a drawn head and shoulders as base64 PNG: no real person's photo is shipped."""
    image = Image.new("RGB", (240, 320), (225, 236, 246))
    draw = ImageDraw.Draw(image)
    draw.ellipse((10, 215, 230, 420), fill=(70, 84, 110))
    draw.rectangle((100, 180, 140, 240), fill=(214, 176, 150))
    draw.ellipse((68, 62, 172, 202), fill=(228, 190, 164))
    draw.chord((62, 48, 178, 160), 180, 360, fill=(120, 120, 124))
    return _base64(image)


def lorry() -> str:
    """Return a drawn lorry as base64 PNG."""
    image = Image.new("RGB", (480, 320), (214, 228, 238))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 236, 480, 320), fill=(150, 154, 158))
    draw.rectangle((40, 96, 300, 232), fill=(236, 238, 240), outline=(120, 126, 134), width=4)
    draw.polygon(((308, 232), (308, 128), (384, 128), (430, 182), (430, 232)), fill=(28, 96, 150))
    draw.polygon(((330, 178), (330, 142), (378, 142), (408, 178)), fill=(206, 226, 240))
    for x in (96, 158, 366):
        draw.ellipse((x - 28, 208, x + 28, 264), fill=(40, 42, 46))
        draw.ellipse((x - 12, 224, x + 12, 248), fill=(170, 174, 178))
    return _base64(image)


def _base64(image: Image.Image) -> str:
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return base64.b64encode(out.getvalue()).decode()
